// Jobs as they stand: each record with the lease over it, and what a writer must know to store a change.
import type { Include, JobDetails, Tombstone } from '../../engine/engine.ts'
import { claimedFresh } from '../../job/fresh.ts'
import type { JobRecord, JobSpec, Lease, Step } from '../../job/record.ts'
import { timelineTypes, type TimelineEntry } from '../../job/timeline.ts'
import type { Json, JsonObject } from '../../lib/json.ts'
import { fixedPart, isFresh, linesOf, recordOf, underLease, type Lines } from './codec.ts'
import { list, pairs, text, texts } from './reply.ts'
import type { Shard } from './shard.ts'

export interface Stored {
  lines: Lines
  /** Its place in the order of inserts. */
  n: number
  /** The rev that the lines tell of: a claim is one more, and not written. */
  writtenRev: number
  /** As it is: a claim that is not written into the lines is seen here. */
  record: JobRecord
  /** "fence:place" of its lease, or ''. */
  holder: string
  /** Its history is written out; else it follows from the lines and the lease. */
  written: boolean
  workerId: string | null
  timeline: TimelineEntry[]
  steps: Step[]
}

export interface View {
  now: number
  jobs: (Stored | Tombstone | null)[]
}

/** Most jobs in one call: a script holds up everyone else while it runs. */
const most = 500

export async function read(shard: Shard, ids: string[], include: Include = {}): Promise<View> {
  const view: View = { now: 0, jobs: [] }
  for (let from = 0; from < ids.length; from += most) {
    const some = ids.slice(from, from + most)
    const reply = list(await shard.run('read', [include.timeline ? 1 : 0, include.steps ? 1 : 0, some.length, ...some]))
    view.now = shard.heard(Number(reply[0]))
    for (const [i, id] of some.entries()) view.jobs.push(jobOf(id, list(reply[i + 1])))
  }
  return view
}

/** The engine's clock, asked. */
export async function serverNow(shard: Shard): Promise<number> {
  return shard.heard(Number(list(await shard.run('read', [0, 0, 0]))[0]))
}

/** A job that is there, whoever it is; null for one that is not or has been purged. */
export function standing(job: Stored | Tombstone | null | undefined): Stored | null {
  return job && 'lines' in job ? job : null
}

function jobOf(id: string, reply: unknown[]): Stored | Tombstone | null {
  if (reply.length === 0) return null
  if (reply.length === 1) return { gone: true, userId: JSON.parse(text(reply[0])) }
  const [record, holder, worker, started, heartbeat, expires, begun, written, timeline, steps] = reply
  const lease = leaseOf(text(holder), [worker, started, heartbeat, expires, begun].map(text))
  return {
    ...stored(id, text(record), text(holder), lease),
    written: Number(written) === 1,
    timeline: texts(timeline).map(entryOf),
    steps: stepsOf(steps),
  }
}

type Bare = Omit<Stored, 'written' | 'timeline' | 'steps'>

/** One job from its three lines and its lease. */
export function stored(id: string, record: string, holder: string, lease: Lease | null): Bare {
  const lines = linesOf(record)
  const { spec, n } = fixedPart(id, lines.spec)
  if (lease && isFresh(lines)) return firstAttempt(lines, spec, n, holder, lease)
  const parsed = recordOf(spec, lines.state)
  const shown = underLease(parsed.record, lease)
  return {
    lines,
    n,
    writtenRev: parsed.record.rev,
    record: shown,
    holder,
    workerId: lease?.workerId ?? parsed.workerId,
  }
}

// Nearly every job that is claimed: its lines need no reading twice.
function firstAttempt(lines: Lines, spec: JobSpec, n: number, holder: string, lease: Lease): Bare {
  const record = claimedFresh(spec, lease, lease.startedAt)
  return { lines, n, writtenRev: 1, record, holder, workerId: lease.workerId }
}

/** The lease of a whole claim, told apart by place. */
export function leasesOf(fence: string, row: readonly string[]): (place: number) => Lease {
  const lease = leaseOf(`${fence}:0`, row)
  const begun = Number(row.at(-1))
  if (!lease) throw new Error('Redis: a claim without a fence')
  return (place) => ({ ...lease, held: place >= begun })
}

/** `row`: worker, started_at, heartbeat_at, expires_at, begun. */
export function leaseOf(holder: string, row: readonly string[]): Lease | null {
  if (holder === '') return null
  const [fence = '', place = ''] = holder.split(':')
  const [workerId = '', startedAt, heartbeatAt, expiresAt, begun] = row
  return {
    workerId,
    fence: Number(fence),
    startedAt: Number(startedAt),
    expiresAt: Number(expiresAt),
    heartbeatAt: Number(heartbeatAt),
    held: Number.parseInt(place, 10) >= Number(begun),
  }
}

export function detailsOf(job: Stored | Tombstone | null, include: Include): JobDetails | Tombstone | null {
  const found = standing(job)
  if (!found) return job
  const { record } = found
  return {
    record: include.input ? { ...record, input: JSON.parse(found.lines.input) } : record,
    ...(include.timeline ? { timeline: [...found.timeline, ...implied(found)] } : {}),
    ...(include.steps ? { steps: found.steps } : {}),
  }
}

/** The entries that follow from the lines and the lease and are not written out (yet). */
export function implied(job: Stored): TimelineEntry[] {
  const { record, writtenRev } = job
  if (job.written) return record.rev > writtenRev ? [claimed(job)] : []
  const entries: TimelineEntry[] = [{ seq: 1, at: record.createdAt, type: 'created', data: {} }]
  if (record.startedAt === null) return entries
  entries.push(claimed(job))
  if (record.status === 'completed') entries.push({ seq: 3, at: record.updatedAt, type: 'completed', data: {} })
  return entries
}

function claimed({ record, writtenRev, workerId, written }: Stored): TimelineEntry {
  const data = { attempt: record.attempt, fence: record.fence, worker_id: workerId ?? '' }
  return { seq: written ? writtenRev + 1 : 2, at: record.startedAt ?? record.createdAt, type: 'claimed', data }
}

function entryOf(line: string): TimelineEntry {
  const m: { seq: number; at: number; type: string; data: JsonObject } = JSON.parse(line)
  const type = timelineTypes.find((known) => known === m.type)
  if (!type)
    throw new Error(`Redis: the store holds the unknown timeline entry "${m.type}"; it was written by a newer version`)
  return { seq: m.seq, at: m.at, type, data: m.data }
}

interface StepMembers {
  status: string
  attempt: number
  started_at: number
  ended_at: number
  result: Json
}

export function stepsOf(reply: unknown): Step[] {
  return pairs(reply).map(stepOf).toSorted(byEnd)
}

function stepOf([key, line]: [string, string]): Step {
  const m: StepMembers = JSON.parse(line)
  return {
    key,
    status: m.status === 'failed' ? 'failed' : 'completed',
    attempt: m.attempt,
    startedAt: m.started_at,
    endedAt: m.ended_at,
    result: m.result,
  }
}

function byEnd(a: Step, b: Step): number {
  return a.endedAt - b.endedAt || a.startedAt - b.startedAt || (a.key < b.key ? -1 : 1)
}

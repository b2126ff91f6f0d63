// Whole records from their rows: done, or live, or fresh, with their lease, and whatever was asked for beside, in one
// statement (`load_1`, migrations/0001-statements.ts) and so of one instant. Serves reads and writes alike.
import { fixedPart, parsed, text, textOrNull, withState } from '../../engine/stored-rows.ts'
import { claimedFresh, freshRecord } from '../../job/fresh.ts'
import type { JobDetails, Include } from '../../engine/engine.ts'
import type { JobRecord, Lease, Step } from '../../job/record.ts'
import type { TimelineEntry } from '../../job/timeline.ts'
import type { Row, Session } from './db.ts'
import { numbers } from './arrays.ts'
import { impliedTimeline, timelineFrom } from './history.ts'
import { stepFrom } from './steps.ts'

/** A record with the number under which the store keeps it. */
export interface Stored {
  seq: number
  record: JobRecord
  /** Where it stands in `ready`, if it is there. */
  ticket: number
  /** It has a row in `live`, and so may change while it runs. */
  live: boolean
  /** Its history, written out or implied; only where it was asked for. */
  timeline: TimelineEntry[]
  /** The history has rows of its own. */
  written: boolean
  steps: Step[]
  /** The input in force, as JSON text; only where it was asked for. */
  inputJson: string
}

const load = 'SELECT wb.load_1($1, $2, $3, $4, $5) AS job'

const flags = ({ input, timeline, steps }: Include): boolean[] => [input === true, timeline === true, steps === true]

/** The jobs that are there, in no order, each once. */
export async function loadByIds(session: Session, ids: string[], include: Include = {}): Promise<Stored[]> {
  return loaded(session, include, ids, [])
}

/** The jobs that are there, in the order of `seqs`. */
export async function loadBySeqs(session: Session, seqs: number[], include: Include = {}): Promise<Stored[]> {
  return seqs.length === 0 ? [] : loaded(session, include, [], seqs)
}

async function loaded(session: Session, include: Include, ids: string[], seqs: number[]): Promise<Stored[]> {
  const rows = await session.rows(load, [...flags(include), ids, numbers(seqs)])
  return rows.map((row) => storedFrom(parsed<Row>(row['job']) ?? {}, include))
}

function storedFrom(row: Row, include: Include): Stored {
  const seq = Number(row['seq'])
  const record = recordFrom(row)
  const written = typeof row['timeline'] === 'string' ? timelineFrom(row['timeline']) : null
  const implied = () => (include.timeline ? impliedTimeline(record, textOrNull(row['worker_id'])) : [])
  return {
    seq,
    record,
    ticket: Number(row['ticket'] ?? seq),
    live: row['kind'] === 'live',
    timeline: written ?? implied(),
    written: written !== null,
    steps: (parsed<Row[]>(row['steps']) ?? []).map(stepFrom),
    inputJson: textOrNull(row['input_json']) ?? 'null',
  }
}

function recordFrom(row: Row): JobRecord {
  const fixed = fixedPart(row)
  if (row['kind'] === 'done') return withState(fixed, row)
  if (row['lease_fence'] === null) return row['kind'] === 'live' ? withState(fixed, row) : freshRecord(fixed)
  const lease = leaseFrom(row)
  return row['kind'] === 'live' ? { ...withState(fixed, row), lease } : claimedFresh(fixed, lease, lease.startedAt)
}

function leaseFrom(row: Row): Lease {
  return {
    workerId: text(row['lease_worker']),
    fence: Number(row['lease_fence']),
    startedAt: Number(row['lease_started']),
    expiresAt: Number(row['lease_expires']),
    heartbeatAt: Number(row['lease_heartbeat']),
    held: Number(row['place']) >= Number(row['lease_begun']),
  }
}

/** What is shown of a stored job. */
export function detailsOf({ record, timeline, steps, inputJson }: Stored, include: Include): JobDetails {
  return {
    record: include.input ? { ...record, input: JSON.parse(inputJson) } : withoutInput(record),
    ...(include.timeline ? { timeline } : {}),
    ...(include.steps ? { steps } : {}),
  }
}

/** A record as it is shown where the input was not asked for. */
export function withoutInput(record: JobRecord): JobRecord {
  if (record.input === undefined) return record
  const { input: _, ...shown } = record
  return shown
}

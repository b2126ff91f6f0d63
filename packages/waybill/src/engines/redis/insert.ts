// insert: the arguments of insert.lua, and its answers.
import type { Inserted, NewJob } from '../../engine/engine.ts'
import type { Hold } from '../../engine/hold.ts'
import { freshRecord } from '../../job/fresh.ts'
import type { JobRecord, JobSpec } from '../../job/record.ts'
import { specRest } from './codec.ts'
import type { Arg } from './port.ts'
import { texts } from './reply.ts'
import type { Shard } from './shard.ts'

export function insert(shard: Shard, jobs: NewJob[], atomic: boolean): Promise<Inserted[]> {
  return run(shard, jobs, atomic ? 'all' : 'each')
}

/** What `insert` would answer; nothing is stored. */
export function check(shard: Shard, jobs: NewJob[]): Promise<Inserted[]> {
  return run(shard, jobs, 'check')
}

async function run(shard: Shard, jobs: NewJob[], mode: 'each' | 'all' | 'check'): Promise<Inserted[]> {
  const reply = texts(await shard.run('insert', argumentsFor(mode, jobs)))
  const now = shard.heard(Number(reply[0]))
  return jobs.map((job, i) => answerOf(job, reply[2 * i + 1] ?? 'created', reply[2 * i + 2] ?? '', now))
}

/** Only the job's key, for a job that lives on another shard: `created` says that it was free. */
export async function takeKey(shard: Shard, job: NewJob): Promise<Inserted> {
  const { holds: _, ...keyed } = job
  const keyAlone = { ...keyed, idGiven: false, maxPending: null }
  const [now, outcome = 'created', more = ''] = texts(await shard.run('insert', argumentsFor('each', [keyAlone], true)))
  return answerOf(job, outcome, more, Number(now))
}

/** Only one of the job's holds, for a job that lives on another shard: `created` says that it was free. */
export async function takeHold(shard: Shard, job: NewJob, hold: Hold): Promise<Inserted> {
  const holdAlone = { ...job, idGiven: false, maxPending: null, idempotency: null, holds: [hold] }
  const [now, outcome = 'created', more = ''] = texts(
    await shard.run('insert', argumentsFor('each', [holdAlone], true)),
  )
  return answerOf(job, outcome, more, Number(now))
}

/** `alone`: keys and holds without their jobs. */
function argumentsFor(mode: string, jobs: NewJob[], alone = false): Arg[] {
  const kinds = new Kinds()
  const args: Arg[] = []
  for (const job of jobs) {
    const { spec, inputJson, idempotency, holds } = job
    args.push(kinds.number(job) + marksOf(job), indexArg(indexesOf(spec)), spec.id)
    args.push(alone ? '' : `${specRest(spec)}\n${inputJson}`)
    if (idempotency) args.push(idempotency.key, idempotency.hash, idempotency.keepMs)
    if (holds) args.push(holds.length, ...holds.flatMap(holdArgs))
  }
  return [mode, ...kinds.args(), jobs.length, ...args]
}

function indexArg(names: string[]): string {
  return names.length > 1 ? JSON.stringify(names) : (names[0] ?? '')
}

function marksOf({ idGiven, idempotency, holds }: NewJob): string {
  return (idGiven ? 'g' : '') + (idempotency ? 'k' : '') + (holds ? 'h' : '')
}

function holdArgs({ key, ms, instead, strict }: Hold): Arg[] {
  return [key, ms ?? '', instead ?? '', strict ? 1 : 0]
}

/** What many jobs of a batch have in common is sent once. */
class Kinds {
  readonly #numbers = new Map<string, number>()
  readonly #args: Arg[] = []

  /** Its number among those that were sent, from 1. */
  number({ spec, delayMs, maxPending }: NewJob): number {
    const { queue, priority } = spec
    const startWithinMs = spec.policy.startWithinMs ?? ''
    const name = `${priority} ${delayMs} ${startWithinMs} ${maxPending} ${queue}`
    const known = this.#numbers.get(name)
    if (known !== undefined) return known
    this.#args.push(queue, 10 - priority, delayMs, startWithinMs, maxPending ?? '')
    this.#numbers.set(name, this.#numbers.size + 1)
    return this.#numbers.size
  }

  args(): Arg[] {
    return [this.#numbers.size, ...this.#args]
  }
}

/** The lists of places in which a job is found besides the list of all; purge.lua takes it out of the same ones. */
export function indexesOf(spec: Omit<JobSpec, 'createdAt'>): string[] {
  const indexes: string[] = []
  if (spec.userId !== null) indexes.push(`user:${spec.userId}`)
  if (spec.subject !== null) indexes.push(`subject:${spec.subject}`)
  if (spec.batchId !== null) indexes.push(`batch:${spec.batchId}`)
  if (spec.parentId !== null) indexes.push(`parent:${spec.parentId}`)
  if (spec.scheduleKey !== null) indexes.push(`schedule:${spec.scheduleKey}`)
  return indexes
}

function answerOf(job: NewJob, outcome: string, more: string, now: number): Inserted {
  const { id } = job.spec
  switch (outcome) {
    case 'created':
      return { outcome, id, record: newborn(job, now) }
    case 'replayed':
    case 'key_reused':
      return { outcome, id: more }
    case 'held':
      return { outcome, ...heldBy(more) }
    case 'queue_full':
      return { outcome, id, pending: Number(more) }
    case 'id_taken':
    case 'not_stored':
      return { outcome, id }
    default:
      throw new Error(`Redis: insert answered "${outcome}"`)
  }
}

// A name may hold anything, an id no newline.
function heldBy(more: string): { id: string; key: string } {
  const end = more.lastIndexOf('\n')
  return { id: more.slice(end + 1), key: more.slice(0, end) }
}

function newborn({ spec, delayMs }: NewJob, now: number): JobRecord {
  const fresh = freshRecord({ ...spec, createdAt: now })
  return delayMs > 0 ? { ...fresh, status: 'scheduled', waitReason: 'delay', runAt: now + delayMs } : fresh
}

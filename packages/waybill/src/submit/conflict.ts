// A job that was not stored because another one has what it asked for (its unique key, a result, a wait): what follows.
//
//   insert ─▶ held by X ─▶ look at X ─▶ answer X · refuse · or insert again, instead of X
//      ▲                                                        │
//      └────────────────────────────────────────────────────────┘
import { isGone, type Inserted, type NewJob, type ReadEngine } from '../engine/engine.ts'
import { WaybillError } from '../job/errors.ts'
import { freshRecord } from '../job/fresh.ts'
import type { JobRecord } from '../job/record.ts'
import { isEnd } from '../job/status.ts'
import type { Control } from './control.ts'
import type { Submitted } from './request.ts'
import type { Debounce, Reuse, Unique, Wishes } from './wishes.ts'

type Held = Extract<Inserted, { outcome: 'held' }>

export interface Conflict {
  held: Held
  job: NewJob
  wishes: Wishes
  /** The caller's own transaction: a job that nobody else can see was inserted in it. */
  inTx: boolean
}

/** The answer, or the job to insert next. */
type Verdict = Submitted | { again: NewJob }

export class Conflicts {
  readonly #engine: ReadEngine
  readonly #control: Pick<Control, 'cancel' | 'postpone'>

  constructor(engine: ReadEngine, control: Pick<Control, 'cancel' | 'postpone'>) {
    this.#engine = engine
    this.#control = control
  }

  /** Throws `unique_conflict`, or `job_expired` when the job of the key was removed while its key still stands. */
  async settle({ held, job, wishes, inTx }: Conflict): Promise<Verdict> {
    const [found] = await this.#engine.get([held.id])
    const unseen = inTx && !found ? freshRecord({ ...job.spec, id: held.id, createdAt: this.#engine.now() }) : null
    const record = found && !isGone(found) && !this.#isOver(found.record) ? found.record : unseen
    const again: Verdict = { again: insteadOf(job, held) }
    const { reuse, unique, debounce } = wishes
    if (reuse?.hold === held.key) return this.#reuse(reuse, record, without(job, held.key), again)
    if (debounce?.hold === held.key) return this.#debounce(debounce, held.id, again)
    return unique ? this.#unique(unique, held.id, record, again) : again
  }

  // One that has not ended yet may answer the next one; this one goes on without a claim to that.
  #reuse(reuse: Reuse, record: JobRecord | null, beside: NewJob, again: Verdict): Verdict {
    if (record && !isEnd(record.status)) return { again: beside }
    const at = record?.status === 'completed' ? record.completedAt : null
    const fresh = at !== null && at + reuse.maxAgeMs > this.#engine.now()
    return record && fresh ? { record, replayed: false, instead: 'reused' } : again
  }

  // Its time may have come: then this is the first of the next ones.
  async #debounce(debounce: Debounce, id: string, again: Verdict): Promise<Verdict> {
    const record = await this.#control.postpone(id, debounce)
    return record ? { record, replayed: false, instead: 'deduplicated' } : again
  }

  async #unique(unique: Unique, id: string, record: JobRecord | null, again: Verdict): Promise<Verdict> {
    const { ms, onConflict, key } = unique
    const free = ms === null && (record === null || isEnd(record.status))
    if (free) return again
    if (onConflict === 'reject') throw conflict(`job ${id} has the unique key "${key}"`)
    if (onConflict === 'return' && record) return { record, replayed: false, instead: 'deduplicated' }
    if (onConflict === 'return')
      throw new WaybillError('job_expired', `the job of the unique key "${key}" has been removed after its retention`)
    if (record && !isEnd(record.status)) await this.#cancel(id)
    return again
  }

  // Past its retention, whether or not a sweep has run.
  #isOver({ expiresAt }: JobRecord): boolean {
    return expiresAt !== null && expiresAt <= this.#engine.now()
  }

  // It may end by itself in the meantime: all the better.
  async #cancel(id: string): Promise<void> {
    try {
      await this.#control.cancel(id, { reason: 'replaced by a newer job of the same unique key' })
    } catch (error) {
      if (!(error instanceof WaybillError) || !over.includes(error.code)) throw error
    }
  }
}

const over: readonly string[] = ['job_finished', 'not_found', 'job_expired']

function insteadOf(job: NewJob, { id, key }: Held): NewJob {
  const holds = (job.holds ?? []).map((hold) => (hold.key === key ? { ...hold, instead: id } : hold))
  return { ...job, holds }
}

function without(job: NewJob, key: string): NewJob {
  return { ...job, holds: (job.holds ?? []).filter((hold) => hold.key !== key) }
}

export function conflict(why: string): WaybillError {
  return new WaybillError('unique_conflict', `${why}; wait for its end, or ask for on_conflict return or replace`)
}

// A job on its way into the store, and what became of it. Part of the contract in engine.ts.
import type { JobRecord, JobSpec } from '../job/record.ts'
import type { Hold } from './hold.ts'

/** A job to be stored. `createdAt` is the engine's to say. */
export interface NewJob {
  spec: Omit<JobSpec, 'createdAt'>
  /** The id is the caller's own: it must not be that of a purged job either. Ids made here need no such look. */
  idGiven: boolean
  /** The input as compact JSON text: parsed once by whoever runs the job. */
  inputJson: string
  /** Runnable this long after now. 0: at once. */
  delayMs: number
  /** Remembered for `keepMs`: the same key with the same hash answers the same job, with another hash is refused. */
  idempotency: { key: string; hash: string; keepMs: number } | null
  /** Refuse when this many jobs are pending or scheduled in the queue. Null: no cap. */
  maxPending: number | null
  /** Names that only one job may have. The first of them that stands answers `held`. Left out: none. */
  holds?: readonly Hold[]
}

export type Inserted =
  | { outcome: 'created'; id: string; record: JobRecord }
  /** Same idempotency key, same content: the job that exists. */
  | { outcome: 'replayed'; id: string }
  | { outcome: 'key_reused'; id: string }
  | { outcome: 'id_taken'; id: string }
  /** The hold of this key stands: it is had by job `id`. */
  | { outcome: 'held'; id: string; key: string }
  | { outcome: 'queue_full'; id: string; pending: number }
  /** Only with `atomic`: this one was sound (or a replay of one of the same batch), another was not, and none is stored. */
  | { outcome: 'not_stored'; id: string }

/** Whether an atomic batch may be stored with this answer in it. */
export function isSound(answer: Inserted, { holds = [] }: NewJob): boolean {
  if (answer.outcome === 'held') return holds.some(({ key, strict }) => key === answer.key && !strict)
  return answer.outcome === 'created' || answer.outcome === 'replayed'
}

/** The answer once its batch was refused: what was made, and what was answered with it, is not stored. */
export function withdrawn(answer: Inserted, job: NewJob, made: ReadonlySet<string>): Inserted {
  const { id } = job.spec
  const along = (answer.outcome === 'replayed' || isSoft(answer, job)) && made.has(answer.id)
  return answer.outcome === 'created' || along ? { outcome: 'not_stored', id } : answer
}

function isSoft(answer: Inserted, job: NewJob): boolean {
  return answer.outcome === 'held' && isSound(answer, job)
}

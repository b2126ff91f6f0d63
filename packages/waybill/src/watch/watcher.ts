// One watcher: what it wants, and the rev of each job that it has been told of, so that nothing is told twice or backwards.
import type { JobFilter } from '../engine/engine.ts'
import type { JobRecord } from '../job/record.ts'
import { isEnd } from '../job/status.ts'
import type { CachedJob } from './near-cache.ts'

export type Interest = { ids: readonly string[] } | { filter: JobFilter }

export type WatchEvent =
  | { type: 'job'; job: CachedJob }
  /** Nothing but progress, message, stage or counts changed. */
  | { type: 'progress'; job: CachedJob }
  | { type: 'gone'; id: string }

export type Listener = (event: WatchEvent) => void

/** Of jobs found by a filter so many are remembered; an ended job that is forgotten may be told once more. */
const rememberedMost = 5_000

export class Watcher {
  readonly interest: Interest
  readonly #listener: Listener
  readonly #told = new Map<string, JobRecord>()

  constructor(interest: Interest, listener: Listener) {
    this.interest = interest
    this.#listener = listener
  }

  /** The rev that this watcher has of a job; 0 when it has none. */
  rev(id: string): number {
    return this.#told.get(id)?.rev ?? 0
  }

  /** Counts a job as told already (a client that resumes). */
  knows(record: JobRecord): void {
    this.#told.set(record.id, record)
  }

  tell(job: CachedJob): void {
    const { record } = job
    const before = this.#told.get(record.id)
    if (before && before.rev >= record.rev) return
    if (!before && this.#told.size >= rememberedMost) this.#forgetSome()
    this.#told.set(record.id, record)
    this.#listener({ type: before && onlyProgress(before, record) ? 'progress' : 'job', job })
  }

  gone(id: string): void {
    this.#told.delete(id)
    this.#listener({ type: 'gone', id })
  }

  #forgetSome(): void {
    for (const [id, record] of this.#told) if (isEnd(record.status)) this.#told.delete(id)
    for (const id of this.#told.keys()) {
      if (this.#told.size < rememberedMost) return
      this.#told.delete(id)
    }
  }
}

function onlyProgress(before: JobRecord, after: JobRecord): boolean {
  return (
    before.status === after.status && before.attempt === after.attempt && before.fence === after.fence &&
    before.cancelRequestedAt === after.cancelRequestedAt && before.runAt === after.runAt
  )
}

// What followers are told. One event object goes to all followers of a change, and its JSON is made once.
import type { JobRecord } from '../job/record.ts'
import { progressView } from '../wire/progress-view.ts'
import type { Entry, Wait } from './entry.ts'

export type WatchEvent = JobEvent | GoneEvent | SyncEvent

/** The job is not there (any more), or never was. It will not be told of again. */
export interface GoneEvent {
  type: 'gone'
  id: string
}

/** Everything that had happened when the following began has been told. */
export interface SyncEvent {
  type: 'sync'
}

/** `job`: look at all of it. `progress`: since the event before, nothing but progress, message, stage and counts changed. */
export class JobEvent {
  readonly type: 'job' | 'progress'
  readonly entry: Entry
  readonly #now: number
  readonly #wait: Wait
  #json: string | null = null
  #whole: JobEvent | null = null

  constructor(type: 'job' | 'progress', entry: Entry, now: number, wait: Wait) {
    this.type = type
    this.entry = entry
    this.#now = now
    this.#wait = wait
  }

  get id(): string {
    return this.entry.record.id
  }

  get rev(): number {
    return this.entry.record.rev
  }

  get record(): JobRecord {
    return this.entry.record
  }

  /** The data of the event: the owner's view of the job, or the progress alone. */
  get json(): string {
    return (this.#json ??=
      this.type === 'job'
        ? this.entry.json(this.#now, this.#wait)
        : JSON.stringify(progressView(this.entry.record, this.#wait.estimate)))
  }

  /** The same news as a `job` event. */
  get whole(): JobEvent {
    if (this.type === 'job') return this
    return (this.#whole ??= new JobEvent('job', this.entry, this.#now, this.#wait))
  }
}

/** True when `next` differs from `before` in nothing but how far the job is. */
export function onlyProgress(before: JobRecord, next: JobRecord): boolean {
  return (
    next.status === 'processing' &&
    before.status === 'processing' &&
    before.fence === next.fence &&
    before.attempt === next.attempt &&
    before.createdAt === next.createdAt &&
    before.cancelRequestedAt === next.cancelRequestedAt &&
    before.cancelReason === next.cancelReason &&
    before.children?.active === next.children?.active &&
    before.children?.total === next.children?.total
  )
}

// One follower: what it wants, what it may see, and the rev it has of each job, so that it never hears of an older one.
import type { JobRecord } from '../job/record.ts'
import type { JobEvent, WatchEvent } from './events.ts'

/** Called at once, in order; must not throw and must not block. */
export type Listener = (event: WatchEvent) => void

export interface FollowOptions {
  /** Tell only of jobs changed since (ms since the epoch, engine's clock); left out: the present state of all. */
  since?: number
  /** Called when too much has changed since `since`: the whole present state follows, as without it. */
  reset?: () => void
  /** Called with each followed job that is told of no more, since it has not changed since `since`. */
  unchanged?: (job: JobRecord) => void
  /** Asked while the present state is told: what is left of it waits until this resolves. */
  room?: () => Promise<void> | null
  /** What this follower may see. Asked again at each event. Default: all. */
  see?: (job: JobRecord) => boolean
  /** The rev of a followed job that the follower has already. */
  has?: { id: string; rev: number }
  /** Changes before a job's end are of no interest. Default false. */
  untilEnd?: boolean
}

/** Revs remembered for one follower; beyond it the oldest are forgotten, which costs a doubled event at most. */
const mostRevs = 10_000

export class Follower {
  readonly #listener: Listener
  readonly #see: (job: JobRecord) => boolean
  readonly untilEnd: boolean
  readonly #revs = new Map<string, number>()
  #closed = false

  constructor(listener: Listener, { see, has, untilEnd = false }: FollowOptions) {
    this.#listener = listener
    this.#see = see ?? (() => true)
    this.untilEnd = untilEnd
    if (has) this.#revs.set(has.id, has.rev)
  }

  get closed(): boolean {
    return this.#closed
  }

  close(): void {
    this.#closed = true
    this.#revs.clear()
  }

  /** `after` is the rev of the event that went out before this one. Whoever missed that one gets the whole job. */
  tell(event: JobEvent, after: number): void {
    const has = this.#revs.get(event.id)
    if (this.#closed || (has !== undefined && has >= event.rev)) return
    if (!this.#see(event.record)) return
    this.#remember(event.id, event.rev)
    this.#listener(has === undefined || has < after ? event.whole : event)
  }

  gone(id: string): void {
    this.#revs.delete(id)
    if (!this.#closed) this.#listener({ type: 'gone', id })
  }

  sync(): void {
    if (!this.#closed) this.#listener({ type: 'sync' })
  }

  /** True when it may not be shown the job, although it asked for it. */
  blindTo(job: JobRecord): boolean {
    return !this.#see(job)
  }

  #remember(id: string, rev: number): void {
    this.#revs.delete(id)
    this.#revs.set(id, rev)
    if (this.#revs.size <= mostRevs) return
    const oldest = this.#revs.keys().next()
    if (!oldest.done) this.#revs.delete(oldest.value)
  }
}

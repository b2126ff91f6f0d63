// Tells followers of changed jobs. Remembers what was told last of each job, to know whether only progress changed, and
// holds progress back to five a second a job; whatever else changed, and every end, goes out at once.
import type { Clock } from '../lib/clock.ts'
import type { Entry, Wait } from './entry.ts'
import { JobEvent, onlyProgress } from './events.ts'
import type { Follower } from './follower.ts'

const progressGapMs = 200
/** Jobs whose last event is remembered. */
const mostTold = 50_000

interface Told {
  entry: Entry
  at: number
}

export class Publisher {
  readonly #clock: Clock
  readonly #told = new Map<string, Told>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** The rev told last. */
  rev(id: string): number | undefined {
    return this.#told.get(id)?.entry.record.rev
  }

  forget(id: string): void {
    this.#told.delete(id)
  }

  /** Answers 0, or the milliseconds after which this progress may be told: then look again. */
  publish(entry: Entry, wait: Wait, now: number, followers: Iterable<Follower>): number {
    const id = entry.record.id
    const before = this.#told.get(id)
    if (before && isOlder(entry, before.entry)) return 0
    const type = before && onlyProgress(before.entry.record, entry.record) ? 'progress' : 'job'
    const early = before && type === 'progress' ? before.at + progressGapMs - this.#clock.now() : 0
    if (early > 0) return early
    this.#remember(id, entry)
    const event = new JobEvent(type, entry, now, wait)
    for (const follower of followers) follower.tell(event, before?.entry.record.rev ?? 0)
    return 0
  }

  #remember(id: string, entry: Entry): void {
    this.#told.delete(id)
    this.#told.set(id, { entry, at: this.#clock.now() })
    if (this.#told.size <= mostTold) return
    const oldest = this.#told.keys().next()
    if (!oldest.done) this.#told.delete(oldest.value)
  }
}

function isOlder({ record }: Entry, told: Entry): boolean {
  return record.createdAt === told.record.createdAt && record.rev <= told.record.rev
}

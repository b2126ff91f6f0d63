// What running jobs have to say, on its way to the engine: at most five notes a second a job, latest wins, many jobs a
// call. A note that could not be stored is said again; the end of a job waits for the last one.
import type { Note, WriteEngine } from '../engine/engine.ts'
import { Batcher } from '../lib/batcher.ts'
import type { Attempt } from './attempt.ts'
import { insist, type Patience } from './insist.ts'

/** The shortest time between two notes of one job. */
const betweenMs = 200

export class Notes {
  readonly #patience: Patience
  readonly #calls: Batcher<Note, number | 'lost'>
  readonly #dirty = new Set<Attempt>()
  /** One note of an attempt is under way at a time, so that the latest comes last. */
  readonly #underWay = new Map<Attempt, Promise<void>>()
  readonly #sentAt = new WeakMap<Attempt, number>()
  readonly #over = new AbortController()
  #waiting: (() => void) | null = null

  constructor(engine: WriteEngine, patience: Patience) {
    this.#patience = patience
    this.#calls = new Batcher((notes) => engine.note(notes), { max: 200, inFlight: 2 })
  }

  /** Stores one note now; insists while the store is away and the attempt counts. */
  keep(note: Note, attempt: Attempt): Promise<number | 'lost'> {
    const signal = AbortSignal.any([this.#over.signal, attempt.signal])
    return insist(() => this.#calls.add(note), this.#patience, signal)
  }

  /** An attempt has news: sent at once when its last note is old enough, else when it will be. */
  dirty(attempt: Attempt): void {
    if (this.#dirty.has(attempt)) return
    this.#dirty.add(attempt)
    const wait = (this.#sentAt.get(attempt) ?? -betweenMs) + betweenMs - this.#patience.clock.now()
    if (wait <= 0) queueMicrotask(() => this.#sendOne(attempt))
    else this.#sweepLater()
  }

  /** True while something that the attempt said is not yet stored. */
  hasMore(attempt: Attempt): boolean {
    return attempt.hasNews || this.#underWay.has(attempt)
  }

  /** Stores what an attempt still has to say, before its end. False when the lease is lost. */
  async last(attempt: Attempt): Promise<boolean> {
    this.#dirty.delete(attempt)
    await this.#underWay.get(attempt)
    const note = attempt.takeNote()
    if (note === null) return attempt.aborted !== 'lease_lost'
    return (await insist(() => this.#calls.add(note), this.#patience, this.#over.signal)) !== 'lost'
  }

  forget(attempt: Attempt): void {
    this.#dirty.delete(attempt)
  }

  stop(): void {
    this.#over.abort()
    this.#waiting?.()
    this.#waiting = null
    this.#dirty.clear()
  }

  #sweepLater(): void {
    this.#waiting ??= this.#patience.clock.after(betweenMs / 4, () => this.#sweep())
  }

  #sweep(): void {
    this.#waiting = null
    const now = this.#patience.clock.now()
    for (const attempt of this.#dirty) {
      if (now - (this.#sentAt.get(attempt) ?? 0) >= betweenMs) this.#sendOne(attempt)
    }
    if (this.#dirty.size > 0) this.#sweepLater()
  }

  #sendOne(attempt: Attempt): void {
    if (this.#underWay.has(attempt)) return this.#sweepLater()
    this.#dirty.delete(attempt)
    const note = attempt.settled ? null : attempt.takeNote()
    if (!note) return
    this.#sentAt.set(attempt, this.#patience.clock.now())
    this.#underWay.set(attempt, this.#send(attempt, note))
  }

  async #send(attempt: Attempt, note: Note): Promise<void> {
    try {
      if ((await this.#calls.add(note)) === 'lost') attempt.abort('lease_lost')
    } catch (error) {
      this.#patience.troubled(error)
      attempt.putBack(note)
      if (!attempt.settled) this.dirty(attempt)
    } finally {
      this.#underWay.delete(attempt)
    }
  }
}

// What running jobs have to say, on its way to the engine: at most five notes a second a job, latest wins, many jobs a call.
import type { Note, WriteEngine } from '../engine/engine.ts'
import type { Clock } from '../lib/clock.ts'
import { Batcher } from '../lib/batcher.ts'
import type { Attempt } from './attempt.ts'

/** The shortest time between two notes of one job. */
const betweenMs = 200

export class Notes {
  readonly #clock: Clock
  readonly #calls: Batcher<Note, number | 'lost'>
  readonly #dirty = new Set<Attempt>()
  readonly #sentAt = new WeakMap<Attempt, number>()
  readonly #troubled: (error: unknown) => void
  #waiting: (() => void) | null = null

  constructor(engine: WriteEngine, clock: Clock, troubled: (error: unknown) => void) {
    this.#clock = clock
    this.#troubled = troubled
    this.#calls = new Batcher((notes) => engine.note(notes), { max: 200, inFlight: 2 })
  }

  /** Stores one note now. */
  send(note: Note): Promise<number | 'lost'> {
    return this.#calls.add(note)
  }

  /** An attempt has news: sent at once when its last note is old enough, else when it will be. */
  dirty(attempt: Attempt): void {
    if (this.#dirty.has(attempt)) return
    this.#dirty.add(attempt)
    const wait = (this.#sentAt.get(attempt) ?? -betweenMs) + betweenMs - this.#clock.now()
    if (wait <= 0) queueMicrotask(() => this.#sendOne(attempt))
    else this.#waiting ??= this.#clock.after(betweenMs / 4, () => this.#sweep())
  }

  /** Sends what an attempt still has to say, before its end. False when the lease is lost. */
  async last(attempt: Attempt): Promise<boolean> {
    this.#dirty.delete(attempt)
    const note = attempt.takeNote()
    return note === null || (await this.send(note)) !== 'lost'
  }

  forget(attempt: Attempt): void {
    this.#dirty.delete(attempt)
  }

  stop(): void {
    this.#waiting?.()
    this.#waiting = null
    this.#dirty.clear()
  }

  #sweep(): void {
    this.#waiting = null
    const now = this.#clock.now()
    for (const attempt of this.#dirty) {
      if (now - (this.#sentAt.get(attempt) ?? 0) >= betweenMs) this.#sendOne(attempt)
    }
    if (this.#dirty.size > 0) this.#waiting = this.#clock.after(betweenMs / 4, () => this.#sweep())
  }

  #sendOne(attempt: Attempt): void {
    this.#dirty.delete(attempt)
    const note = attempt.settled ? null : attempt.takeNote()
    if (!note) return
    this.#sentAt.set(attempt, this.#clock.now())
    this.send(note).then(
      (answer) => (answer === 'lost' ? attempt.abort('lease_lost') : undefined),
      (error: unknown) => this.#troubled(error),
    )
  }
}

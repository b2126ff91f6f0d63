// Queues and workers as they were at most a second ago: enough for a sentence, and never a read a poll.
import type { ReadEngine } from '../engine/engine.ts'
import type { Clock } from '../lib/clock.ts'
import type { Surroundings } from './wait-text.ts'

const goodForMs = 1_000

export class Neighbourhood {
  readonly #engine: ReadEngine
  readonly #clock: Clock
  #known: Surroundings = { queues: [], workers: [] }
  #at = Number.NEGATIVE_INFINITY
  #reading: Promise<void> | null = null

  constructor(engine: ReadEngine, clock: Clock) {
    this.#engine = engine
    this.#clock = clock
  }

  /** What is known, or null when it is too old: then `refresh` first. */
  get recent(): Surroundings | null {
    return this.#clock.now() - this.#at <= goodForMs ? this.#known : null
  }

  async refresh(): Promise<Surroundings> {
    if (this.recent) return this.#known
    this.#reading ??= this.#read().finally(() => (this.#reading = null))
    await this.#reading
    return this.#known
  }

  async #read(): Promise<void> {
    const [queues, workers] = await Promise.all([this.#engine.queues(), this.#engine.workers()])
    this.#known = { queues, workers }
    this.#at = this.#clock.now()
  }
}

// Queues and workers, read at most once a second, for the sentences of waiting jobs.
import type { ReadEngine } from '../engine/engine.ts'
import type { Clock } from '../lib/clock.ts'
import type { WaitFacts } from './wait-text.ts'

const freshMs = 1_000

export class Facts {
  readonly #engine: ReadEngine
  readonly #clock: Clock
  #known: WaitFacts | null = null
  #readAt = 0
  #reading: Promise<WaitFacts> | null = null

  constructor(engine: ReadEngine, clock: Clock) {
    this.#engine = engine
    this.#clock = clock
  }

  /** What is known, when it is fresh. */
  peek(): WaitFacts | null {
    return this.#known && this.#clock.now() - this.#readAt < freshMs ? this.#known : null
  }

  get(): WaitFacts | Promise<WaitFacts> {
    return this.peek() ?? (this.#reading ??= this.#read())
  }

  async #read(): Promise<WaitFacts> {
    try {
      const [queues, workers] = await Promise.all([this.#engine.queues(), this.#engine.workers()])
      this.#known = { queues: new Map(queues.map((row) => [row.queue, row])), workers }
      this.#readAt = this.#clock.now()
      return this.#known
    } finally {
      this.#reading = null
    }
  }
}

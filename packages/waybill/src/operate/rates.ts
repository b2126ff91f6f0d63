// How many jobs of each queue end in a minute, of late. Counting them reads many jobs: done at most once in five seconds.
import type { Clock } from '../lib/clock.ts'
import type { Watch } from '../watch/watch.ts'

const windowMs = 300_000
const freshMs = 5_000

export class Rates {
  readonly #watch: Pick<Watch, 'stats'>
  readonly #clock: Clock
  #known: Promise<ReadonlyMap<string, number>> | null = null
  #readAt = 0

  constructor(watch: Pick<Watch, 'stats'>, clock: Clock) {
    this.#watch = watch
    this.#clock = clock
  }

  /** Jobs a minute, by queue; a queue in which none ended is left out. */
  get(): Promise<ReadonlyMap<string, number>> {
    const now = this.#clock.now()
    if (this.#known && now - this.#readAt < freshMs) return this.#known
    this.#readAt = now
    this.#known = this.#read()
    this.#known.catch(() => (this.#known = null)) // the next one tries again
    return this.#known
  }

  async #read(): Promise<ReadonlyMap<string, number>> {
    const { items } = await this.#watch.stats({ filter: {}, windowMs, by: 'queue' })
    return new Map(items.flatMap(({ key, perMinute }) => (key === null ? [] : [[key, perMinute]])))
  }
}

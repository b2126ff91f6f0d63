// The engine's clock is the server's: every statement reads it once. What `now()` says between replies is an estimate:
// the machine's own clock, corrected by what the last reply showed.
import type { Clock } from '../../lib/clock.ts'

/** One row, `now`: the server's time plus the offset in the parameter named, as milliseconds since the epoch. */
export const instant = (offset: string): string =>
  `SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint + ${offset}::bigint AS now`

export class ServerClock {
  readonly #clock: Clock
  readonly #offset: () => number
  #skew = 0

  constructor(clock: Clock, offset: () => number) {
    this.#clock = clock
    this.#offset = offset
  }

  /** The parameter for `instant`. */
  get offset(): number {
    return Math.round(this.#offset())
  }

  now(): number {
    return Math.round(this.#clock.now() + this.#skew + this.#offset())
  }

  /** A reply said that it is `now` on the server. Answers it. */
  saw(now: unknown): number {
    const at = Number(now)
    this.#skew = at - this.#offset() - this.#clock.now()
    return at
  }
}

// What this process knows of Redis' clock, as bounds on how far it is ahead of the process's own steady clock. Processes
// compare what they have seen by Redis' clock alone, and by the bound that is sure: an entry never vouches for later than
// it knew, however long its write was on the way.
import type { Clock } from '../lib/clock.ts'

/** So long a narrower sample is preferred to a newer one: clocks drift apart by less than a millisecond meanwhile. */
const keepsMs = 10_000

export class RedisTime {
  readonly #clock: Pick<Clock, 'now'>
  #bounds: { least: number; most: number; at: number } | null = null

  /** A steady clock: setting the machine's date must not move it. */
  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock
  }

  get steady(): number {
    return this.#clock.now()
  }

  /** Redis said `time`, in whole milliseconds, in answer to what was sent at `sentAt` of the steady clock. */
  learn(time: number, sentAt: number): void {
    const now = this.#clock.now()
    const bounds = { least: time - now, most: time + 1 - sentAt, at: now }
    const known = this.#bounds
    const isNarrower = !known || bounds.most - bounds.least <= known.most - known.least
    const isSet = known !== null && (bounds.least > known.most || bounds.most < known.least)
    if (!known || isNarrower || isSet || now - known.at > keepsMs) this.#bounds = bounds
  }

  forget(): void {
    this.#bounds = null
  }

  /** At `steady`, Redis' clock showed this or later; null when nothing is known of it. */
  earliest(steady: number): number | null {
    return this.#bounds && Math.floor(steady + this.#bounds.least)
  }

  /** When Redis' clock showed `time`, the steady clock showed this or later; null when nothing is known of it. */
  steadyOf(time: number): number | null {
    return this.#bounds && time - this.#bounds.most
  }
}

/** What TIME answers, in milliseconds. Rounded down. */
export function millisecondsOf(answer: unknown): number {
  if (!Array.isArray(answer) || answer.length !== 2) throw new Error('Redis did not say its time')
  const ms = Number(answer[0]) * 1_000 + Math.floor(Number(answer[1]) / 1_000)
  if (Number.isSafeInteger(ms)) return ms
  throw new Error('Redis did not say its time')
}

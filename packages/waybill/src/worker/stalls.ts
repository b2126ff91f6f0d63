// How long running attempts have been silent, seen from the watchdog's ticks: an attempt only counts its signs of life.
import type { Attempt } from './attempt.ts'

export class Stalls {
  readonly #heard = new WeakMap<Attempt, { signs: number; at: number }>()

  /** True once an attempt that may not be silent for long has been so for too long. */
  isStalled(attempt: Attempt, now: number): boolean {
    const { stallMs, signs } = attempt
    if (stallMs === null) return false
    const last = this.#heard.get(attempt)
    if (last?.signs === signs) return now - last.at >= stallMs
    this.#heard.set(attempt, { signs, at: now })
    return false
  }
}

// How fast the worker is going: about how many jobs it ended in the last few milliseconds. Decides how much is fetched
// ahead, so that short jobs run in large batches and long ones are never hoarded.

/** The memory of the measure, in milliseconds. */
const windowMs = 50

export class Pace {
  #ended = 0
  #at = 0

  note(count: number, now: number): void {
    this.#ended = this.recent(now) + count
    this.#at = now
  }

  /** About how many jobs ended within the last 50 ms. */
  recent(now: number): number {
    return this.#ended * Math.exp(-Math.max(0, now - this.#at) / windowMs)
  }
}

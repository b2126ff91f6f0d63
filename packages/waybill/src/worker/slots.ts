// The places in which attempts run. A handler that does not end although its outcome is decided keeps its place for a
// while; then it is given to others.
import type { Attempt } from './attempt.ts'

/** A handler that ignores its signal keeps its slot for so long. */
export const slotGraceMs = 5_000

export class Slots {
  readonly #running = new Map<string, Attempt>()
  readonly #most: number

  constructor(most: number) {
    this.#most = most
  }

  /** The attempts that hold a slot, by job. */
  get running(): ReadonlyMap<string, Attempt> {
    return this.#running
  }

  get taken(): number {
    return this.#running.size
  }

  get free(): number {
    return Math.max(0, this.#most - this.#running.size)
  }

  take(attempt: Attempt): void {
    this.#running.set(attempt.leased.record.id, attempt)
  }

  release(attempt: Attempt): void {
    const { id } = attempt.leased.record
    if (this.#running.get(id) === attempt) this.#running.delete(id)
  }

  /** The attempts whose slot is no longer theirs although their handler runs on. */
  overdue(now: number): Attempt[] {
    return [...this.#running.values()].filter(({ slotUntil }) => slotUntil !== null && now >= slotUntil)
  }

  /** How long the longest of the running attempts may still take. */
  longestMs(now: number): number {
    let longest = 0
    for (const { begunAt, leased } of this.#running.values())
      longest = Math.max(longest, begunAt + leased.record.policy.timeoutMs - now)
    return longest
  }
}

// What this process has lately learned of jobs, however it did: their revs, or only that they changed. An entry of the
// cache that knows less is not believed, so that nobody here ever sees a rev fall. No entry is believed for longer than
// `trustMs`, so nothing needs to be remembered for longer.

/** So old may be what an entry vouches for. */
export const trustMs = 2_000
/** Jobs remembered at once. */
const most = 50_000

interface Learned {
  /** Infinity: it changed, nobody said to what. */
  rev: number
  /** When this was true at the latest. */
  at: number
}

/** All times are of the steady clock. */
export class Known {
  readonly #jobs = new Map<string, Learned>()
  /** What was seen before this is not believed of any job. */
  #horizon = 0

  /** Somebody who asked at `askedAt` was told at `at` that the job has this rev. */
  told(id: string, rev: number, askedAt: number, at: number): void {
    const known = this.#jobs.get(id)
    // A change of which no rev is known is covered only by what was asked after it.
    const before = known && (known.rev !== Number.POSITIVE_INFINITY || known.at > askedAt) ? known.rev : 0
    this.#keep(id, { rev: Math.max(before, rev), at: Math.max(known?.at ?? 0, at) })
  }

  /** The job changed, by `at`; its rev is not known. */
  changed(id: string, at: number): void {
    this.#keep(id, { rev: Number.POSITIVE_INFINITY, at })
  }

  /** Any job may have changed by `at`. */
  anything(at: number): void {
    this.#horizon = Math.max(this.#horizon, at)
  }

  /** Whether an entry of this rev, the truth at `seenAt` or later, knows all that is known here at `now`. */
  believes(id: string, rev: number, seenAt: number, now: number): boolean {
    if (seenAt > now || now - seenAt > trustMs || seenAt < this.#horizon) return false
    const known = this.#jobs.get(id)
    return !known || rev >= known.rev || seenAt >= known.at
  }

  get size(): number {
    return this.#jobs.size
  }

  #keep(id: string, learned: Learned): void {
    this.#jobs.delete(id)
    this.#jobs.set(id, learned)
    this.#shrink(learned.at)
  }

  // In the order in which they were learned. One that must go too early takes with it all belief in what is as old.
  #shrink(now: number): void {
    for (const [id, { at }] of this.#jobs) {
      const isOld = now - at > trustMs
      if (!isOld && this.#jobs.size <= most) return
      this.#jobs.delete(id)
      if (!isOld) this.anything(at)
    }
  }
}

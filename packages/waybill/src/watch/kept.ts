// The jobs that memory keeps, within bounds of number and size. Second chance: the oldest go first, but one that was used
// since its last turn goes to the back instead.
import type { Entry } from './entry.ts'

export interface NearCacheLimits {
  /** Default 50,000. */
  entries?: number
  /** Default 64 MiB. */
  bytes?: number
}

export interface Kept {
  entry: Entry
  /** The stamp (see Vouch) just before the entry was last known to be true; null: nobody vouches for it. */
  stamp: number | null
  /** A change was told of that the entry may not show: whoever wants the job reads it whole. */
  outdated: boolean
  /** Since its last turn. */
  used: boolean
  /** Seconds since it was last asked for, where that is counted. */
  idle: number
}

export class KeptJobs {
  readonly #jobs = new Map<string, Kept>()
  readonly #most: Required<NearCacheLimits>
  readonly #dropped: (kept: Kept) => void
  #bytes = 0

  /** `dropped` is told of each job that is kept no longer. */
  constructor({ entries = 50_000, bytes = 64 * 1024 * 1024 }: NearCacheLimits, dropped: (kept: Kept) => void) {
    this.#most = { entries, bytes }
    this.#dropped = dropped
  }

  get size(): { entries: number; bytes: number } {
    return { entries: this.#jobs.size, bytes: this.#bytes }
  }

  get(id: string): Kept | undefined {
    return this.#jobs.get(id)
  }

  /** Puts an entry in the place of what was kept of its job. Nobody vouches for it yet. */
  put(entry: Entry): Kept {
    const { id } = entry.record
    const known = this.#take(id)
    const kept = known ?? { entry, stamp: null, outdated: false, used: false, idle: 0 }
    Object.assign(kept, { entry, stamp: null, outdated: false })
    this.#add(id, kept)
    this.#shrink()
    return kept
  }

  forget(id: string): void {
    const kept = this.#take(id)
    if (kept) this.#dropped(kept)
  }

  #add(id: string, kept: Kept): void {
    this.#jobs.set(id, kept)
    this.#bytes += kept.entry.bytes
  }

  #take(id: string): Kept | undefined {
    const kept = this.#jobs.get(id)
    if (kept && this.#jobs.delete(id)) this.#bytes -= kept.entry.bytes
    return kept
  }

  #shrink(): void {
    for (const [id, kept] of this.#jobs) {
      if (this.#jobs.size <= this.#most.entries && this.#bytes <= this.#most.bytes) return
      this.#take(id)
      if (kept.used) this.#add(id, kept)
      else this.#dropped(kept)
      kept.used = false
    }
  }
}

// The near cache: jobs lately read, kept in memory while they are provably true. An equal engine stamp answers without
// any read; otherwise the rev alone is asked for, by all readers of one turn in one call, and only a new rev is read whole.
import { isGone, type JobDetails, type ReadEngine, type Tombstone } from '../engine/engine.ts'
import type { JobRecord } from '../job/record.ts'
import { Batcher } from '../lib/batcher.ts'
import { Entry } from './entry.ts'

export interface NearCacheLimits {
  /** Default 50,000. */
  entries?: number
  /** Default 64 MiB. */
  bytes?: number
}

interface Kept {
  entry: Entry
  /** The engine's stamp just before the entry was last known to be true. */
  stamp: number | null
  used: boolean
}

/** What a look at one job found. */
export interface Found {
  id: string
  found: Entry | Tombstone | null
}

export class NearCache {
  readonly #engine: ReadEngine
  readonly #base: string
  readonly #most: Required<NearCacheLimits>
  readonly #kept = new Map<string, Kept>()
  readonly #revs: Batcher<string, number | null>
  readonly #gets: Batcher<string, JobDetails | Tombstone | null>
  #bytes = 0
  #turnStamp: number | null = null

  constructor(engine: ReadEngine, base: string, limits: NearCacheLimits = {}) {
    this.#engine = engine
    this.#base = base
    this.#most = { entries: limits.entries ?? 50_000, bytes: limits.bytes ?? 64 * 1024 * 1024 }
    this.#revs = new Batcher((ids) => engine.revs(ids), { max: 1_000, inFlight: 4 })
    this.#gets = new Batcher((ids) => engine.get(ids), { max: 200, inFlight: 4 })
  }

  /** The job, when memory alone can vouch for it; null says nothing about whether it exists. */
  fresh(id: string): Entry | null {
    const kept = this.#kept.get(id)
    if (!kept || kept.stamp === null || kept.stamp !== this.#engine.stamp()) return null
    kept.used = true
    return kept.entry
  }

  /**
   * The same for a request just taken from its socket. Requests of one turn of the event loop had all arrived when the
   * turn began, so one look at the stamp, made in that turn, is recent enough for all of them.
   */
  glance(id: string): Entry | null {
    const kept = this.#kept.get(id)
    if (!kept || kept.stamp === null || kept.stamp !== (this.#turnStamp ?? this.#lookForTurn())) return null
    kept.used = true
    return kept.entry
  }

  /** The job as the engine has it now. */
  async read(id: string): Promise<Entry | Tombstone | null> {
    const stamp = this.#engine.stamp()
    const kept = this.#kept.get(id)
    if (kept && (await this.#revs.add(id)) === kept.entry.record.rev) return this.#vouch(kept, stamp)
    return this.#keepFound(id, await this.#gets.add(id), stamp)
  }

  /** Of `ids`, those whose rev is no longer `known(id)`, as the engine has them now. For ids of which few have changed. */
  async news(ids: string[], known: (id: string) => number | undefined): Promise<Found[]> {
    const revs = await Promise.all(ids.map((id) => this.#revs.add(id)))
    return this.now(ids.filter((id, i) => revs[i] === null || revs[i] !== known(id)))
  }

  /** The jobs as the engine has them now, in one read, whatever is kept of them. */
  now(ids: string[]): Promise<Found[]> {
    const stamp = this.#engine.stamp()
    return Promise.all(ids.map(async (id) => ({ id, found: this.#keepFound(id, await this.#gets.add(id), stamp) })))
  }

  /** Keeps a record that was read in another way; `stamp` as it was before that read. Answers the newest entry known. */
  keep(record: JobRecord, stamp: number | null): Entry {
    const kept = this.#kept.get(record.id)
    if (kept && sameOrNewer(kept.entry.record, record)) return this.#vouchIfSame(kept, record, stamp)
    const entry = new Entry(record, this.#base)
    this.#forget(record.id)
    this.#kept.set(record.id, { entry, stamp, used: false })
    this.#bytes += entry.bytes
    this.#shrink()
    return entry
  }

  get size(): { entries: number; bytes: number } {
    return { entries: this.#kept.size, bytes: this.#bytes }
  }

  #lookForTurn(): number | null {
    this.#turnStamp = this.#engine.stamp()
    setImmediate(() => (this.#turnStamp = null))
    return this.#turnStamp
  }

  #keepFound(id: string, found: JobDetails | Tombstone | null, stamp: number | null): Entry | Tombstone | null {
    if (found !== null && !isGone(found)) return this.keep(found.record, stamp)
    this.#forget(id)
    return found
  }

  #vouch(kept: Kept, stamp: number | null): Entry {
    kept.stamp = stamp
    kept.used = true
    return kept.entry
  }

  #vouchIfSame(kept: Kept, record: JobRecord, stamp: number | null): Entry {
    return kept.entry.record.rev === record.rev ? this.#vouch(kept, stamp) : kept.entry
  }

  #forget(id: string): void {
    const kept = this.#kept.get(id)
    if (!kept) return
    this.#kept.delete(id)
    this.#bytes -= kept.entry.bytes
  }

  // Second chance: the oldest go first, but one that was used since its last turn goes to the back instead.
  #shrink(): void {
    for (const [id, kept] of this.#kept) {
      if (this.#kept.size <= this.#most.entries && this.#bytes <= this.#most.bytes) return
      this.#forget(id)
      if (kept.used) this.#putBack(id, kept)
    }
  }

  #putBack(id: string, kept: Kept): void {
    kept.used = false
    this.#kept.set(id, kept)
    this.#bytes += kept.entry.bytes
  }
}

function sameOrNewer(kept: JobRecord, read: JobRecord): boolean {
  return kept.createdAt === read.createdAt && kept.rev >= read.rev
}

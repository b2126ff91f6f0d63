// The near cache: jobs lately read, kept in memory and answered from there while somebody can vouch for them (Vouch). Else
// the rev alone is asked for, by all readers of one turn in one call, and only a new rev is read whole.
import { isGone, type JobDetails, type ReadEngine, type Tombstone } from '../engine/engine.ts'
import type { Hint } from '../engine/hint.ts'
import type { JobRecord } from '../job/record.ts'
import { Batcher } from '../lib/batcher.ts'
import { Entry } from './entry.ts'
import { KeptJobs, type Kept, type NearCacheLimits } from './kept.ts'
import { Readings, type Reading } from './readings.ts'
import type { Vouch } from './vouch.ts'

/** Where a read was served from. */
export type Source = 'memory' | 'cache' | 'engine' | 'archive'

/** What a look at one job found. */
export interface Found {
  id: string
  found: Entry | Tombstone | null
  source: Source
}

export interface NearCacheParts {
  engine: Pick<ReadEngine, 'revs' | 'get'>
  /** Path of the API, for the links of the owner's view. */
  base: string
  vouch: Vouch
  limits?: NearCacheLimits
}

/** A reading of one job: the stamp just before it, and what was told of the job since. */
interface Look {
  stamp: number | null
  reading: Reading
}

export class NearCache {
  readonly #base: string
  readonly #vouch: Vouch
  readonly #kept: KeptJobs
  readonly #readings = new Readings()
  readonly #revs: Batcher<string, number | null>
  readonly #gets: Batcher<string, JobDetails | Tombstone | null>
  #turnStamp: number | null = null

  constructor({ engine, base, vouch, limits = {} }: NearCacheParts) {
    this.#base = base
    this.#vouch = vouch
    this.#kept = new KeptJobs(limits, (kept) => vouch.drop(kept))
    this.#revs = new Batcher((ids) => engine.revs(ids), { max: 1_000, inFlight: 4 })
    this.#gets = new Batcher((ids) => engine.get(ids), { max: 200, inFlight: 4 })
  }

  // ── from memory ──

  /** The job, when memory can vouch for it and has at least `rev`; null says nothing about whether it exists. */
  fresh(id: string, rev = 0): Entry | null {
    const kept = this.#kept.get(id)
    if (!kept || kept.stamp === null || kept.stamp !== this.#vouch.stamp()) return null
    return kept.entry.record.rev >= rev ? this.#use(kept) : null
  }

  /**
   * The same for a request just taken from its socket. Requests of one turn of the event loop had all arrived when the
   * turn began, so one look at the stamp, made in that turn, is recent enough for all of them.
   */
  glance(id: string): Entry | null {
    const kept = this.#kept.get(id)
    if (!kept || kept.stamp === null || kept.stamp !== (this.#turnStamp ?? this.#lookForTurn())) return null
    return this.#use(kept)
  }

  /** The same where another process may have shown a newer rev already: only if that cannot be. */
  exact(id: string): Entry | null {
    return this.#vouch.exact ? this.fresh(id) : null
  }

  // ── from the engine ──

  /** The job as the engine has it now, for somebody who will ask again: memory looks after it from now on. */
  async poll(id: string): Promise<Found> {
    this.#vouch.attend()
    return this.#read(id, true)
  }

  /** The same of many, in one read; without an exact stamp few of them are in doubt, and those have mostly changed. */
  async pollMany(ids: readonly string[]): Promise<Found[]> {
    this.#vouch.attend()
    const poll = this.#vouch.exact
      ? (id: string) => this.#read(id, true)
      : (id: string) => this.#looking(id, (look) => this.#get(id, look, true))
    return Promise.all(ids.map(poll))
  }

  /** The job as the engine has it now. */
  read(id: string): Promise<Found> {
    return this.#read(id, false)
  }

  /** Of `ids`, those whose rev is no longer `known(id)`, as the engine has them now. For ids of which few have changed. */
  async news(ids: string[], known: (id: string) => number | undefined): Promise<Found[]> {
    const revs = await Promise.all(ids.map((id) => this.#revs.add(id)))
    return this.now(ids.filter((id, i) => revs[i] === null || revs[i] !== known(id)))
  }

  /** The jobs as the engine has them now, in one read, whatever is kept of them. */
  now(ids: string[]): Promise<Found[]> {
    return Promise.all(ids.map((id) => this.#looking(id, (look) => this.#get(id, look, false))))
  }

  // ── what else is known ──

  /** Keeps a record that was read in another way; `stamp` as it was before that read. Answers the newest entry known. */
  keep(record: JobRecord, stamp: number | null): Entry {
    const kept = this.#newest(record)
    if (stamp !== null && kept.entry.record.rev === record.rev) kept.stamp = stamp
    return kept.entry
  }

  /** Somebody was shown this rev of the job: an older one is not answered any more. */
  saw(id: string, rev: number): void {
    const kept = this.#kept.get(id)
    if (kept && kept.entry.record.rev < rev) this.doubt(id)
  }

  /** The job has changed, or may have. */
  doubt(id: string): void {
    this.#readings.doubt(id)
    const kept = this.#kept.get(id)
    if (!kept) return
    kept.outdated = true
    kept.stamp = null
  }

  hear({ ids }: Hint): void {
    if (ids === null) return this.#vouch.lookSoon()
    for (const id of ids) this.doubt(id)
  }

  get size(): { entries: number; bytes: number } {
    return this.#kept.size
  }

  // ── one look ──

  #read(id: string, polled: boolean): Promise<Found> {
    return this.#looking(id, async (look) => {
      const kept = this.#kept.get(id)
      const isSame = kept && !kept.outdated && (await this.#revs.add(id)) === kept.entry.record.rev
      if (!isSame) return this.#get(id, look, polled)
      this.#vouchFor(kept, look, polled)
      return { id, found: this.#use(kept), source: 'engine' }
    })
  }

  async #get(id: string, look: Look, polled: boolean): Promise<Found> {
    const found = await this.#gets.add(id)
    if (found === null || isGone(found)) {
      this.#kept.forget(id)
      return { id, found, source: 'engine' }
    }
    const kept = this.#newest(found.record)
    // What another store answered may be old: it is vouched for once a look at the engine has confirmed it.
    const isOwn = found.source === undefined
    const isLatest = kept.entry.record.rev === found.record.rev
    if (isLatest && !look.reading.doubted) kept.outdated = false
    if (isLatest) this.#vouchFor(kept, isOwn ? look : { ...look, stamp: null }, polled)
    return { id, found: kept.entry, source: found.source ?? 'engine' }
  }

  async #looking(id: string, run: (look: Look) => Promise<Found>): Promise<Found> {
    const look = { stamp: this.#vouch.stamp(), reading: this.#readings.begin(id) }
    try {
      return await run(look)
    } finally {
      this.#readings.end(id, look.reading)
    }
  }

  #vouchFor(kept: Kept, { stamp, reading }: Look, polled: boolean): void {
    const isLookedAfter = polled ? this.#vouch.add(kept) : this.#vouch.looksAfter(kept)
    if (this.#vouch.exact || (isLookedAfter && !reading.doubted)) kept.stamp = stamp
  }

  #newest(record: JobRecord): Kept {
    const kept = this.#kept.get(record.id)
    return kept && sameOrNewer(kept.entry.record, record) ? kept : this.#kept.put(new Entry(record, this.#base))
  }

  #use(kept: Kept): Entry {
    kept.used = true
    kept.idle = 0
    return kept.entry
  }

  #lookForTurn(): number | null {
    this.#turnStamp = this.#vouch.stamp()
    setImmediate(() => (this.#turnStamp = null))
    return this.#turnStamp
  }
}

function sameOrNewer(kept: JobRecord, read: JobRecord): boolean {
  return kept.createdAt === read.createdAt && kept.rev >= read.rev
}

// Watch: how everything that reads gets at jobs, live and cheaply. Holds a ReadEngine alone, so it cannot write.
// Used by http/ and by waybill.watch, waybill.result and the CLI through waybill.ts.
import {
  isGone,
  type Include,
  type JobDetails,
  type JobFilter,
  type ListPage,
  type ListRequest,
  type ReadEngine,
  type Tombstone,
} from '../engine/engine.ts'
import { isEnd, type Status } from '../job/status.ts'
import type { JobRecord, LogLine } from '../job/record.ts'
import { pause, type Clock } from '../lib/clock.ts'
import { Ears } from './ears.ts'
import { Entry, type Wait } from './entry.ts'
import { JobEvent } from './events.ts'
import { Facts } from './facts.ts'
import { Follower, type FollowOptions, type Listener } from './follower.ts'
import { Hub } from './hub.ts'
import { Waiter } from './waiter.ts'
import type { Interest, InterestFilter } from './interest.ts'
import { LogTail, type LogTailParts } from './log-tail.ts'
import type { NearCacheLimits } from './kept.ts'
import { NearCache, type Found } from './near-cache.ts'
import { changedOf, presentIds, presentOf } from './snapshot.ts'
import { statsOf, type Stats, type StatsRequest } from './stats.ts'
import { Vouch } from './vouch.ts'
import { needsFacts, waitOf, type WaitFacts } from './wait-text.ts'

export interface WatchParts {
  engine: ReadEngine
  clock: Clock
  /** Path of the API, for the links of the owner's view. */
  basePath: string
  limits?: NearCacheLimits
  onError?: (error: unknown) => void
}

export interface Subscription {
  /** Resolves after the `sync` event; rejects when the engine could not be read. */
  readonly ready: Promise<void>
  close(): void
}

export interface ChangedOptions {
  until: 'change' | 'end'
  timeoutMs: number
  signal?: AbortSignal
  /** The caller stored the job just now: hints will tell of it, and it is looked at only if they do not soon. */
  justStored?: boolean
}

/** How long hints of a job that was just stored are trusted. */
const trustMs = 5

export class Watch {
  readonly #parts: WatchParts
  readonly #vouch: Vouch
  readonly #near: NearCache
  readonly #facts: Facts
  readonly #hub: Hub

  constructor(parts: WatchParts) {
    this.#parts = parts
    const { engine, clock, basePath, limits, onError } = parts
    const ears = new Ears(engine, (hint) => this.#near.hear(hint))
    const vouch = new Vouch({ engine, clock, ears })
    const near = new NearCache({ engine, base: basePath, vouch, ...(limits ? { limits } : {}) })
    const facts = new Facts(engine, clock)
    this.#vouch = vouch
    this.#near = near
    this.#facts = facts
    this.#hub = new Hub({ engine, clock, ears, near, facts, ...(onError ? { onError } : {}) })
  }

  // ── one job ──

  /** The job with what was asked for beside it. */
  async get(id: string, include?: Include): Promise<JobDetails | Tombstone | null> {
    if (!include) return detailsOf(await this.entry(id))
    const found = (await this.#parts.engine.get([id], include))[0] ?? null
    if (found !== null && !isGone(found)) this.#near.saw(id, found.record.rev)
    return found
  }

  /** The job from memory, when memory can vouch for it; null says nothing about whether it exists. */
  fresh(id: string): Entry | null {
    return this.#near.fresh(id)
  }

  /** The same, for the first thing a request does after it has been taken from its socket. */
  glance(id: string): Entry | null {
    return this.#near.glance(id)
  }

  async entry(id: string): Promise<Entry | Tombstone | null> {
    return (await this.look(id)).found
  }

  /** The job for somebody who polls; one who has seen `rev` of it is answered no older one from memory. */
  async look(id: string, rev = 0): Promise<Found> {
    const found = this.#near.fresh(id, rev)
    return found ? { id, found, source: 'memory' } : this.#near.poll(id)
  }

  /** The same of many jobs, in order of `ids`; `revs` are those that the caller has seen. */
  async lookMany(ids: readonly string[], revs: ReadonlyMap<string, number>): Promise<Found[]> {
    const found = new Map(ids.map((id) => [id, this.#near.fresh(id, revs.get(id))]))
    const read = await this.#near.pollMany(ids.filter((id) => !found.get(id)))
    const byId = new Map(read.map((one) => [one.id, one]))
    return ids.map((id) => byId.get(id) ?? { id, found: found.get(id) ?? null, source: 'memory' })
  }

  /** This process has changed the job: its own readers see that at once, however late the hint. */
  changedHere(id: string): void {
    this.#near.doubt(id)
  }

  /** The owner's view as JSON text; null when the job is gone or never was. */
  async bytes(id: string): Promise<string | null> {
    const found = await this.entry(id)
    return found instanceof Entry ? found.json(this.#parts.engine.now(), await this.wait(found.record)) : null
  }

  /** The owner's view of a record just read or written. */
  async json(record: JobRecord): Promise<string> {
    const entry = this.#near.keep(record, null)
    const wait = this.waitNow(entry.record) ?? (await this.wait(entry.record))
    return entry.json(this.#parts.engine.now(), wait)
  }

  /** Resolves with the job once it is newer than `rev` (or has ended), or as it is when the time is up. */
  async changed(
    id: string,
    rev: number,
    { until, timeoutMs, signal, justStored = false }: ChangedOptions,
  ): Promise<JobRecord | Tombstone | null> {
    const due = (job: JobRecord) => (until === 'end' ? isEnd(job.status) : job.rev > rev || isEnd(job.status))
    const fresh = this.#near.fresh(id)
    if (fresh && due(fresh.record)) return fresh.record
    const waiter = new Waiter(this.#hub, { id, untilEnd: until === 'end', isDue: due })
    const { clock, engine } = this.#parts
    try {
      const trusted = justStored && engine.stamp() === null
      const early = trusted ? await waiter.within(clock, Math.min(trustMs, timeoutMs), signal) : null
      if (early) return early
      const now = await this.#present(id, rev)
      if (!(now instanceof Entry)) return now
      if (due(now.record) || timeoutMs <= 0 || signal?.aborted) return now.record
      const heard = await waiter.within(clock, timeoutMs, signal)
      if (heard) return heard
      const then = await this.#present(id, rev)
      return then instanceof Entry ? then.record : then
    } finally {
      waiter.close()
    }
  }

  // ── many ──

  /** Tells `listener` of the present state, then `sync`, then each change, until closed. */
  follow(interest: Interest, listener: Listener, options: FollowOptions = {}): Subscription {
    const follower = new Follower(listener, options)
    this.#hub.add(interest, follower)
    const ready = this.#tellPresent(interest, follower, options)
    ready.catch(() => {}) // whoever does not look at `ready` is told by nothing else: the hub goes on trying
    return {
      ready,
      close: () => {
        if (follower.closed) return
        follower.close()
        this.#hub.remove(interest, follower)
      },
    }
  }

  async list(request: ListRequest): Promise<ListPage> {
    const page = await this.#parts.engine.list(request)
    for (const { id, rev } of page.records) this.#near.saw(id, rev)
    return page
  }

  count(filter: JobFilter = {}): Promise<Record<Status, number>> {
    return this.#parts.engine.count(filter)
  }

  /** How jobs have fared of late. */
  stats(request: StatsRequest): Promise<Stats> {
    const { engine, clock } = this.#parts
    return statsOf(engine, request, () => pause(clock, 0))
  }

  logs(id: string, after: number, limit: number): Promise<LogLine[]> {
    return this.#parts.engine.logs(id, after, limit)
  }

  tailLogs(parts: Pick<LogTailParts, 'operator' | 'since' | 'listener'>): LogTail {
    const { engine, clock, onError = () => {} } = this.#parts
    return new LogTail({ engine, clock, onError, ...parts })
  }

  /** Every change that bears an earlier time (engine's clock) has been told to those who follow since before. */
  get toldUntil(): number {
    return this.#hub.toldUntil
  }

  // ── why it waits ──

  async wait(record: JobRecord): Promise<Wait> {
    const facts = needsFacts(record) ? await this.#facts.get() : null
    return waitOf(record, this.#parts.engine.now(), facts)
  }

  /** The same without waiting; null when queues and workers would have to be read first. */
  waitNow(record: JobRecord): Wait | null {
    const facts = needsFacts(record) ? this.#facts.peek() : null
    return needsFacts(record) && !facts ? null : waitOf(record, this.#parts.engine.now(), facts)
  }

  now(): number {
    return this.#parts.engine.now()
  }

  close(): void {
    this.#hub.close()
    this.#vouch.close()
  }

  // Whoever waits hears of changes: nobody need look after the job on its account.
  async #present(id: string, rev: number): Promise<Entry | Tombstone | null> {
    return this.#near.fresh(id, rev) ?? (await this.#near.read(id)).found
  }

  async #tellPresent(interest: Interest, follower: Follower, options: FollowOptions): Promise<void> {
    const told =
      'ids' in interest
        ? this.#tellIds(interest.ids, follower, options)
        : this.#tellFilter(interest.filter, follower, options)
    await told
    follower.sync()
  }

  async #tellIds(ids: readonly string[], follower: Follower, options: FollowOptions): Promise<void> {
    for await (const some of presentIds(this.#near, ids)) {
      if (follower.closed) return
      await this.#tellAll(this.#there(some, follower), follower, options)
    }
  }

  async #tellFilter(filter: InterestFilter, follower: Follower, { since, ...options }: FollowOptions): Promise<void> {
    const { engine } = this.#parts
    const changed = since === undefined ? null : await changedOf(engine, this.#near, filter, since)
    if (since !== undefined && !changed) options.reset?.()
    await this.#tellAll(changed ?? (await presentOf(engine, this.#near, filter)), follower, options)
  }

  async #tellAll(entries: Entry[], follower: Follower, { since, room, unchanged }: FollowOptions): Promise<void> {
    await this.#hub.offer(entries, follower)
    const facts = entries.some(({ record }) => needsFacts(record)) ? await this.#facts.get() : null
    for (const entry of entries) {
      if (isNews(entry, since)) follower.tell(this.#event(entry, facts), 0)
      else unchanged?.(entry.record)
      await room?.()
    }
  }

  #there(found: Found[], follower: Follower): Entry[] {
    const now = this.now()
    return found.flatMap(({ id, found: job }) => {
      if (job instanceof Entry && !follower.blindTo(job.record) && !isExpired(job.record, now)) return [job]
      this.#drop(id, follower)
      return []
    })
  }

  #drop(id: string, follower: Follower): void {
    this.#hub.remove({ ids: [id] }, follower)
    follower.gone(id)
  }

  #event(entry: Entry, facts: WaitFacts | null): JobEvent {
    const now = this.now()
    return new JobEvent('job', entry, now, waitOf(entry.record, now, facts))
  }
}

function detailsOf(found: Entry | Tombstone | null): JobDetails | Tombstone | null {
  return found instanceof Entry ? { record: found.record } : found
}

/** Past its retention: gone from this moment, whether or not a sweep has run. */
export function isExpired({ expiresAt }: JobRecord, now: number): boolean {
  return expiresAt !== null && expiresAt <= now
}

function isNews({ record }: Entry, since: number | undefined): boolean {
  return since === undefined || record.updatedAt >= since - 2_000
}

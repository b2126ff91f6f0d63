// The change hub: one subscription to the engine's hints for the whole process. On a hint it reads only what somebody
// follows, for all followers at once, and tells them. Hints may be lost: once a second everything followed is looked at,
// unless the engine's stamp says that nothing has happened.
//
//   hint ─▶ News ─▶ round: read changed ─▶ Publisher ─▶ followers
import { isGone, type Hint, type ReadEngine } from '../engine/engine.ts'
import type { JobRecord } from '../job/record.ts'
import { looking, type Clock } from '../lib/clock.ts'
import type { Ears } from './ears.ts'
import { Entry } from './entry.ts'
import { Followed, type FollowedFilter } from './followed.ts'
import type { Follower } from './follower.ts'
import type { Interest } from './interest.ts'
import type { Found, NearCache } from './near-cache.ts'
import { News } from './news.ts'
import { Publisher } from './publisher.ts'
import { Rounds } from './rounds.ts'
import type { Waits } from './waits.ts'

/** Rounds keep a processor and the store from jobs: watchers may cost them a twelfth of the time. */
const terms = { creditMs: 25, partOf: 12 }
const backstopMs = 1_000
/** A change may become visible this long after the time it bears. */
export const commitLagMs = 2_000
const pageSize = 200
/** Jobs looked at for one page, where the store must look at each. */
export const mostLooked = 5_000
/** More filters than this are read in one go, whatever they match. */
const mostLists = 8

export interface HubParts {
  engine: ReadEngine
  clock: Clock
  ears: Ears
  near: NearCache
  waits: Waits
  /** Told when a look at the engine fails; the next one tries again. */
  onError?: (error: unknown) => void
}

export class Hub {
  readonly #parts: HubParts
  readonly #followed = new Followed()
  readonly #publisher: Publisher
  readonly #rounds: Rounds
  #news = new News()
  #stop: (() => void) | null = null
  #forgetBeat: (() => void) | null = null
  #healedStamp: number | null = null
  #healedAt = 0

  constructor(parts: HubParts) {
    this.#parts = parts
    this.#publisher = new Publisher(parts.clock)
    this.#rounds = new Rounds(parts.clock, terms, () => this.#round())
  }

  /** Every change that bears an earlier time has been told to those who follow since before. */
  get toldUntil(): number {
    return this.#healedAt - commitLagMs
  }

  add(interest: Interest, follower: Follower): void {
    if (!this.#followed.any) this.#start()
    this.#followed.add(interest, follower, this.#parts.engine.now())
  }

  remove(interest: Interest, follower: Follower): void {
    this.#followed.remove(interest, follower)
    if (!this.#followed.any) this.#rest()
  }

  /** Tells everyone else of entries that were read for one follower, where they are news. */
  offer(entries: Entry[], reader: Follower): Promise<void> {
    return this.#publish(entries, reader)
  }

  close(): void {
    this.#rest()
    this.#rounds.close()
  }

  #start(): void {
    this.#healedStamp = this.#parts.engine.stamp()
    this.#healedAt = this.#parts.engine.now()
    this.#stop = this.#parts.ears.add((hint) => this.#hear(hint))
    this.#beat()
  }

  #rest(): void {
    this.#stop?.()
    this.#forgetBeat?.()
    this.#stop = this.#forgetBeat = null
  }

  #hear(hint: Hint): void {
    const ended = hint.ended && new Set(hint.ended)
    const isWanted = (id: string) => this.#followed.wants(id, !ended || ended.has(id))
    if (this.#news.add(hint, isWanted, this.#followed.filters.size > 0)) this.#rounds.ask()
  }

  #beat(): void {
    this.#forgetBeat = looking(this.#parts.clock).after(backstopMs, () => {
      this.#beat()
      if (this.#nothingHappened()) return
      this.#news.all = true
      this.#rounds.ask()
    })
  }

  #nothingHappened(): boolean {
    const { engine } = this.#parts
    const now = engine.now()
    const same = this.#healedStamp !== null && this.#healedStamp === engine.stamp()
    if (same) this.#healedAt = now
    return same
  }

  async #round(): Promise<void> {
    const news = this.#news
    this.#news = new News()
    try {
      await this.#look(news)
    } catch (error) {
      this.#news.all = true
      this.#parts.onError?.(error)
    }
  }

  async #look(news: News): Promise<void> {
    const { engine, near } = this.#parts
    const [stamp, startedAt] = [engine.stamp(), engine.now()]
    const byId = this.#entriesOf(
      await (news.all
        ? near.news([...this.#followed.byId.keys()], (id) => this.#publisher.rev(id))
        : near.now([...news.ids])),
    )
    const matched = news.all || news.filters ? await this.#matchedByAll(startedAt) : await this.#matchedNamed(news)
    await this.#publish([...byId, ...matched])
    if (news.all) [this.#healedStamp, this.#healedAt] = [stamp, startedAt]
  }

  #entriesOf(looks: Found[]): Entry[] {
    for (const { id, found } of looks) if (found === null || isGone(found)) this.#gone(id)
    return looks.flatMap(({ found }) => (found instanceof Entry ? found : []))
  }

  async #matchedNamed({ named }: News): Promise<Entry[]> {
    const wanted = this.#followed.filters.size > 0 ? [...named] : []
    const found = await Promise.all(wanted.map((id) => this.#parts.near.read(id)))
    return found.flatMap(({ found: one }) => (one instanceof Entry && this.#followed.fits(one.record) ? one : []))
  }

  async #matchedByAll(startedAt: number): Promise<Entry[]> {
    const filters = [...this.#followed.filters.values()]
    const oldest = { filter: {}, readAt: Math.min(...filters.map(({ readAt }) => readAt)) }
    const entries: Entry[] = []
    for (const one of filters.length > mostLists ? [oldest] : filters) entries.push(...(await this.#matched(one)))
    for (const one of filters) one.readAt = startedAt
    return entries
  }

  // Records that were told already are not even serialised: the reads overlap by the commit lag.
  async #matched({ filter, readAt }: Pick<FollowedFilter, 'filter' | 'readAt'>): Promise<Entry[]> {
    const { engine, near } = this.#parts
    const changed = { ...filter, updatedSince: readAt - commitLagMs }
    const entries: Entry[] = []
    let after: string | null = null
    do {
      const stamp = engine.stamp()
      const page = await engine.list({ filter: changed, limit: pageSize, after, look: mostLooked })
      for (const record of page.records) if (this.#isNews(record)) entries.push(near.keep(record, stamp))
      after = page.records.length < pageSize ? null : page.next // of those not looked at, hints have told
    } while (after !== null)
    return entries
  }

  #isNews(record: JobRecord): boolean {
    return record.rev > (this.#publisher.rev(record.id) ?? 0) && this.#followed.fits(record)
  }

  async #publish(entries: Entry[], except?: Follower): Promise<void> {
    const { engine, waits } = this.#parts
    const waitOf = await waits.ofNews(entries.map(({ record }) => record))
    const now = engine.now()
    for (const entry of entries) {
      const { record } = entry
      const followers = this.#followed.of(record, except)
      const early = this.#publisher.publish(entry, waitOf(record), now, followers)
      if (early > 0) this.#again(record.id, early)
    }
  }

  // Progress that came too soon is looked at again when its time has come: by then it may be newer still.
  #again(id: string, inMs: number): void {
    if (this.#followed.byId.has(id)) this.#news.ids.add(id)
    if (this.#followed.filters.size > 0) this.#news.named.add(id)
    this.#rounds.ask(inMs)
  }

  #gone(id: string): void {
    this.#publisher.forget(id)
    for (const follower of this.#followed.byId.get(id) ?? []) {
      this.#followed.removeId(id, follower)
      follower.gone(id)
    }
    if (!this.#followed.any) this.#rest()
  }
}

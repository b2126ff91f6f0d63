// The accelerator: an optional Redis in front of an SQL engine. It keeps the status of jobs for all processes of a store
// and carries their news at once. It may vanish, stall, forget or be filled at any moment: that costs time alone.
//
//   engine ──truth──▶ Forwarder ──forward.lua──▶ job_status:{id} ──MGET──▶ believed? ──▶ reader
//     └────writes───▶ Announcer ──PUBLISH──▶ changes ──▶ Known, watchers of the other processes
import type { Hint } from '../engine/engine.ts'
import type { JobRecord } from '../job/record.ts'
import type { Clock } from '../lib/clock.ts'
import type { Logger } from '../lib/log.ts'
import { toWireTime } from '../wire/time.ts'
import { Announcer, type News, type Told } from './announcer.ts'
import { decode, encode } from './codec.ts'
import { Forwarder, type Sight } from './forwarder.ts'
import { Guard } from './guard.ts'
import { Known } from './known.ts'
import { Link } from './link.ts'
import { messageOf, type Message } from './message.ts'
import { millisecondsOf, RedisTime } from './redis-time.ts'
import { Tally } from './tally.ts'

export interface AcceleratorParts {
  url: string
  /** Begins every key. */
  prefix: string
  ttlMs: number
  /** Names the store, the same in all its processes; and this process. */
  store: string
  self: string
  clock: Clock
  /** Measures spans; setting the machine's date must not move it. */
  steady: Clock
  log: Logger
}

export class Accelerator {
  readonly #parts: AcceleratorParts
  readonly #time: RedisTime
  readonly #known = new Known()
  readonly #tally = new Tally()
  readonly #guard: Guard
  readonly #forwarder: Forwarder
  readonly #announcer: Announcer
  readonly #listeners = new Set<(hint: Hint) => void>()
  #link: Link | null = null

  constructor(parts: AcceleratorParts) {
    this.#parts = parts
    this.#time = new RedisTime(parts.steady)
    this.#guard = new Guard({
      clock: parts.clock,
      probe: () => this.#connect(),
      onTurn: (state, cause) => this.#turned(state, cause),
      onError: () => this.#tally.failed(),
    })
    this.#forwarder = new Forwarder({
      send: (sights) => this.#forward(sights),
      onDrop: (count) => this.#tally.dropped(count),
    })
    this.#announcer = new Announcer((told) => this.#publish(told))
  }

  start(): void {
    this.#guard.start()
  }

  get state(): 'up' | 'down' {
    return this.#guard.closed ? 'up' : 'down'
  }

  /** Metrics in the text format of Prometheus. */
  metrics(): string {
    return this.#tally.text()
  }

  /** The moment to hand to `saw` and `sawRev`: taken before the engine is asked. */
  get now(): number {
    return this.#time.steady
  }

  /** What the cache knows of these jobs and may be believed, by id. Never rejects; empty while it is away. */
  async look(ids: string[]): Promise<Map<string, JobRecord>> {
    const found = new Map<string, JobRecord>()
    if (!this.#guard.closed || ids.length === 0) return found
    const values = (await this.#read(ids)) ?? []
    for (const [i, id] of ids.entries()) {
      const record = this.#believed(id, values[i] ?? null)
      if (record) found.set(id, record)
    }
    this.#tally.looked(found.size, ids.length - found.size)
    return found
  }

  /** The engine told these records to somebody who asked at `askedAt`. */
  saw(records: readonly JobRecord[], askedAt: number): void {
    for (const { id, rev } of records) this.#known.told(id, rev, askedAt, this.now)
    this.#pass(records.map((record) => ({ id: record.id, rev: record.rev, askedAt, record })))
  }

  /** The same of revs alone; `renew`: the entries of this rev are true still. */
  sawRevs(revs: readonly [id: string, rev: number][], askedAt: number, renew: boolean): void {
    for (const [id, rev] of revs) this.#known.told(id, rev, askedAt, this.now)
    if (renew) this.#pass(revs.map(([id, rev]) => ({ id, rev, askedAt, record: null })))
  }

  /** These jobs changed, or are gone; null: any job may have. Only what is read from now on is believed. */
  distrust(ids: readonly string[] | null): void {
    if (ids === null) this.#known.anything(this.now)
    else for (const id of ids) this.#known.changed(id, this.now)
  }

  /** Tells the other processes. */
  announce(news: News): void {
    if (this.#guard.closed && news.jobs.length > 0) this.#announcer.tell(news)
  }

  /** Calls back with what other processes announce. */
  listen(listener: (hint: Hint) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  close(): void {
    this.#guard.stop()
    this.#drop()
  }

  // ── reading ──

  #read(ids: string[]): Promise<(string | null)[] | null> {
    return this.#guard.run(async () => {
      const sentAt = this.now
      const { values, time } = await this.#linked().read(ids.map((id) => this.#key(id)))
      this.#time.learn(millisecondsOf(time), sentAt)
      return values
    })
  }

  #believed(id: string, value: string | null): JobRecord | null {
    const kept = value === null ? null : decode(value)
    if (!kept || kept.store !== this.#parts.store || kept.record.id !== id) return null
    const seenAt = this.#time.steadyOf(kept.seenAt)
    const { rev } = kept.record
    if (seenAt === null || !this.#known.believes(id, rev, seenAt, this.now)) return null
    this.#known.told(id, rev, Number.NEGATIVE_INFINITY, this.now)
    return kept.record
  }

  // ── writing ──

  #pass(sights: Sight[]): void {
    if (this.#guard.closed && sights.length > 0) this.#forwarder.add(sights)
  }

  #forward(sights: Sight[]): Promise<void | null> {
    return this.#guard.run(async () => {
      const entries = sights.flatMap((sight) => this.#entry(sight))
      if (entries.length === 0) return
      const sentAt = this.now
      const ttl = Math.ceil(this.#parts.ttlMs / 1_000)
      const keys = entries.map(({ key }) => key)
      const time = await this.#linked().forward(keys, [ttl, ...entries.flatMap(({ args }) => args)])
      if (time === null) this.#tally.dropped(entries.length)
      else this.#time.learn(millisecondsOf(time), sentAt)
    })
  }

  #entry({ id, rev, askedAt, record }: Sight): { key: string; args: (string | number)[] }[] {
    const { store } = this.#parts
    const seenAt = this.#time.earliest(askedAt)
    const entry = seenAt === null || record === null ? '' : encode({ seenAt, store, record })
    if (seenAt === null || entry === null) return []
    const createdAt = record === null ? '' : toWireTime(record.createdAt)
    return [{ key: this.#key(id), args: [store, createdAt, rev, toWireTime(seenAt), entry] }]
  }

  #key(id: string): string {
    return `${this.#parts.prefix}job_status:${id}`
  }

  // ── news ──

  get #channel(): string {
    return `${this.#parts.prefix}changes`
  }

  #publish(told: Told): Promise<void | null> {
    const { self, store } = this.#parts
    const message: Message = { from: self, store, ...told }
    return this.#guard.run(() => this.#linked().publish(this.#channel, JSON.stringify(message)))
  }

  #heard(text: string): void {
    const message = messageOf(text)
    if (!message || message.store !== this.#parts.store || message.from === this.#parts.self) return
    const { jobs, ended, queues } = message
    for (const [id, rev] of jobs ?? []) this.#learned(id, rev)
    if (jobs === null) this.distrust(null)
    this.#tell(jobs === null ? { ids: null, queues } : { ids: jobs.map(([id]) => id), ended, queues })
  }

  #learned(id: string, rev: number | null): void {
    if (rev === null) this.#known.changed(id, this.now)
    else this.#known.told(id, rev, Number.NEGATIVE_INFINITY, this.now)
  }

  #tell(hint: Hint): void {
    for (const listener of this.#listeners) listener(hint)
  }

  // ── the connection ──

  async #connect(): Promise<void> {
    this.#drop()
    const link = new Link({
      clock: this.#parts.clock,
      url: this.#parts.url,
      channel: this.#channel,
      heard: (text) => this.#heard(text),
      lost: (lost, cause) => this.#lost(lost, cause),
    })
    this.#link = link
    await link.open()
    const sentAt = this.now
    this.#time.learn(millisecondsOf(await link.time()), sentAt)
  }

  #lost(link: Link, cause: unknown): void {
    if (this.#link === link) this.#guard.trip(cause)
  }

  #turned(state: 'open' | 'closed', cause: unknown): void {
    this.#tally.turned(state)
    const at = placeOf(this.#parts.url)
    if (state === 'open') {
      this.#drop()
      const words = `the accelerator at ${at} does not answer: the engine answers everything until it does, and nothing is lost; see to that Redis, or unset REDIS_URL`
      return this.#parts.log.warn({ cause: cause instanceof Error ? cause.message : cause }, words)
    }
    this.#parts.log.info({}, `the accelerator at ${at} answers`)
    // What was said meanwhile has not been heard, here or there.
    this.distrust(null)
    this.#announcer.tellAny()
    this.#tell({ ids: null, queues: null })
  }

  #linked(): Link {
    if (this.#link) return this.#link
    throw new Error('the accelerator is not connected')
  }

  #drop(): void {
    this.#link?.close()
    this.#link = null
    this.#time.forget()
  }
}

/** Without user and password. */
export function placeOf(url: string): string {
  return URL.parse(url)?.host ?? 'its address'
}

// The Redis engine: Redis 7 or Valkey; one server, Sentinel or a cluster. Every verb in a file of its own; this one sends
// each job to its shard and joins the answers.
import type {
  Capabilities,
  Claimed,
  ClaimRequest,
  Doc,
  DueKind,
  Engine,
  EngineHealth,
  EngineOptions,
  Extended,
  ExtendRequest,
  Hint,
  Include,
  Inserted,
  JobDetails,
  JobFilter,
  ListPage,
  ListRequest,
  NewJob,
  Note,
  QueueRow,
  SavedJob,
  Tombstone,
  WorkerInfo,
  WorkerRow,
} from '../../engine/engine.ts'
import type { Remark } from '../../engine/remark.ts'
import type { Applied, Change } from '../../job/change.ts'
import { tombstoneMs } from '../../job/policy.ts'
import type { JobRecord, LogLine } from '../../job/record.ts'
import type { Status } from '../../job/status.ts'
import { systemClock } from '../../lib/clock.ts'
import type { JsonObject } from '../../lib/json.ts'
import { ahead } from './ahead.ts'
import { Claims } from './claims.ts'
import { docs, enrol, lead, putDoc, workers } from './docs.ts'
import { due } from './due.ts'
import { keepingOf } from './durability.ts'
import { extend } from './extend.ts'
import { Handed } from './handed.ts'
import { Hints, type Audience } from './hints.ts'
import { insertSharded } from './insert-sharded.ts'
import { insert } from './insert.ts'
import { countAll, listAll, queueRows } from './lists.ts'
import { logsOf } from './logs.ts'
import { foundLayout, migrate, wantedLayout } from './migrate.ts'
import { note } from './note.ts'
import type { Port } from './port.ts'
import { detailsOf, read, serverNow, standing } from './read.ts'
import { inspect } from './inspect.ts'
import { restore } from './restore.ts'
import { Shard } from './shard.ts'
import { shardIndex, spread } from './shards.ts'

export class RedisEngine implements Engine {
  readonly can: Capabilities = { stamp: false, shared: true, remote: true }
  readonly ahead?: NonNullable<Engine['ahead']>
  readonly #port: Port
  readonly #prefix: string
  readonly #shards: Shard[]
  readonly #first: Shard
  readonly #offset: () => number
  readonly #hints: Hints
  readonly #handed: Handed
  readonly #claims: Claims
  /** How far the server's clock is ahead of this machine's. */
  #skew = 0

  constructor(port: Port, prefix: string, shards: number, options: EngineOptions) {
    this.#port = port
    this.#prefix = prefix
    this.#offset = options.clockOffset ?? (() => 0)
    const heard = (now: number): void => void (this.#skew = now - this.#offset() - systemClock.now())
    const make = (i: number): Shard => new Shard(port, prefix, i, this.#offset, heard)
    this.#first = make(0)
    this.#shards = [this.#first, ...Array.from({ length: shards - 1 }, (_, i) => make(i + 1))]
    const only = this.#first
    if (shards === 1) this.ahead = (ids) => ahead(only, ids) // no order goes over several shards
    this.#handed = new Handed(systemClock, async (changes) => {
      await this.apply(changes).catch(() => {}) // the lease ends by itself
    })
    this.#hints = new Hints(port, this.#shards, this.#handed, systemClock)
    this.#claims = new Claims(this.#shards, this.#handed, () => this.#hints.channel)
  }

  // ── writes ──

  insert(jobs: NewJob[], options: { atomic?: boolean } = {}): Promise<Inserted[]> {
    if (jobs.length === 0) return Promise.resolve([])
    const atomic = options.atomic === true
    return this.#shards.length === 1 ? insert(this.#first, jobs, atomic) : insertSharded(this.#shards, jobs, atomic)
  }

  claim(request: ClaimRequest): Promise<Claimed> {
    return this.#claims.claim(request)
  }

  apply(changes: Change[], request?: ClaimRequest): Promise<{ applied: Applied[]; claimed: Claimed | null }> {
    return this.#claims.applyAndClaim(changes, request ?? null)
  }

  extend(request: ExtendRequest): Promise<Extended> {
    return extend(this.#shards, request)
  }

  note(notes: Note[]): Promise<(number | 'lost')[]> {
    return spread(this.#shards, notes, ({ id }) => id, note)
  }

  async enrol(worker: WorkerInfo, ttlMs: number): Promise<void> {
    if (ttlMs > 0) return enrol(this.#first, worker, ttlMs)
    await Promise.all(this.#shards.map((shard) => enrol(shard, worker, 0)))
    await this.#handed.release(worker.id)
  }

  async purge(limit: number, id?: string): Promise<number> {
    if (id !== undefined) return Number(await this.#shardOf(id).run('purge', [limit, id, tombstoneMs]))
    let purged = 0
    for (const shard of this.#shards)
      if (purged < limit || limit === 0) purged += Number(await shard.run('purge', [limit - purged, '', tombstoneMs]))
    return purged
  }

  putDoc(kind: string, key: string, body: JsonObject | null, expectRev: number | null): Promise<boolean> {
    return putDoc(this.#shards, kind, key, body, expectRev)
  }

  lead(role: string, holder: string, ttlMs: number): Promise<boolean> {
    return lead(this.#first, role, holder, ttlMs)
  }

  restore(jobs: SavedJob[]): Promise<('stored' | 'present')[]> {
    return restore(this.#shards, jobs)
  }

  // ── reads ──

  now(): number {
    return systemClock.now() + this.#skew + this.#offset()
  }

  get(ids: string[], include: Include = {}): Promise<(JobDetails | Tombstone | null)[]> {
    return this.#eachId(ids, async (shard, some) => {
      const { jobs } = await read(shard, some, include)
      return jobs.map((job) => detailsOf(job, include))
    })
  }

  revs(ids: string[]): Promise<(number | null)[]> {
    return this.#eachId(ids, async (shard, some) => {
      const { jobs } = await read(shard, some)
      return jobs.map((job) => standing(job)?.record.rev ?? null)
    })
  }

  list(request: ListRequest): Promise<ListPage> {
    return listAll(this.#shards, request)
  }

  count(filter: JobFilter): Promise<Record<Status, number>> {
    return countAll(this.#shards, filter)
  }

  logs(id: string, after: number, limit: number): Promise<LogLine[]> {
    return logsOf(this.#shardOf(id), id, after, limit)
  }

  queues(): Promise<QueueRow[]> {
    return queueRows(this.#shards)
  }

  async workers(): Promise<WorkerRow[]> {
    return workers(this.#first, await serverNow(this.#first))
  }

  docs(kind: string, key?: string): Promise<Doc[]> {
    return docs(this.#first, kind, key)
  }

  due(kind: DueKind, limit: number): Promise<JobRecord[]> {
    return due(this.#shards, kind, limit)
  }

  stamp(): null {
    return null
  }

  hearing(): number | null {
    return this.#hints.hearing
  }

  watch(listener: (hint: Hint) => void, audience?: Audience): () => void {
    return this.#hints.add(listener, audience)
  }

  async health(): Promise<EngineHealth> {
    try {
      const { durability, problem } = await keepingOf(this.#port)
      const layout = await foundLayout(this.#port, this.#prefix)
      const unmade = layout === 0 ? `the store under "${this.#prefix}" is not set up; run: waybill migrate` : null
      return { kind: 'redis', durability, problem: problem ?? unmade }
    } catch (error) {
      return { kind: 'redis', durability: 'relaxed', problem: error instanceof Error ? error.message : String(error) }
    }
  }

  inspect(): Promise<Remark[]> {
    return inspect({ port: this.#port, clock: systemClock, prefix: this.#prefix, shards: this.#shards.length })
  }

  // ── the whole ──

  migrate(): Promise<{ from: number; to: number }> {
    return migrate(this.#port, this.#prefix, this.#shards.length)
  }

  async schema(): Promise<{ found: number; wanted: number }> {
    return { found: await foundLayout(this.#port, this.#prefix), wanted: wantedLayout }
  }

  async close(): Promise<void> {
    this.#hints.stop()
    await this.#handed.release()
    await this.#port.close()
  }

  #shardOf(id: string): Shard {
    return this.#shards[shardIndex(id, this.#shards.length)] ?? this.#first
  }

  #eachId<Out>(ids: string[], run: (shard: Shard, ids: string[]) => Promise<Out[]>): Promise<Out[]> {
    return spread(this.#shards, ids, (id) => id, run)
  }
}

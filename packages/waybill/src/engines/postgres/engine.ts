// The PostgreSQL engine: one store for any number of machines. Every verb in a file of its own; this one joins them to the
// pool, the batches and the hints.
import type {
  Capabilities,
  Claimed,
  ClaimRequest,
  Doc,
  DueKind,
  Engine,
  EngineHealth,
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
import type { JobRecord, LogLine } from '../../job/record.ts'
import type { Status } from '../../job/status.ts'
import { Batcher } from '../../lib/batcher.ts'
import { systemClock } from '../../lib/clock.ts'
import type { JsonObject } from '../../lib/json.ts'
import { ahead } from './ahead.ts'
import { apply } from './apply.ts'
import { claimAlone } from './claim.ts'
import { docs, lead, putDoc } from './docs.ts'
import { due } from './due.ts'
import { enrol, extend } from './extend.ts'
import { Health } from './health.ts'
import type { Hints } from './hints.ts'
import { insertCalls, type InsertCall } from './insert.ts'
import { count, list } from './list.ts'
import { foundLayout, migrate, wantedLayout } from './migrate.ts'
import { note } from './note.ts'
import type { Notifier } from './notifier.ts'
import { purge } from './purge.ts'
import { get, queues, revs, workers } from './read.ts'
import { logsOf } from './steps.ts'
import { insertWithin, queryableOf } from './within.ts'
import { inspect } from './inspect.ts'
import { restore } from './restore.ts'
import type { Store } from './store.ts'
import type { Tallies } from './tallies.ts'

export interface EngineParts {
  store: Store
  schema: string
  /** Connections at most, the listening one not counted. */
  pool: number
  hints: Hints
  notifier: Notifier
  tallies: Tallies
}

export class PostgresEngine implements Engine {
  readonly can: Capabilities = { stamp: false, shared: true, remote: true }
  readonly #store: Store
  readonly #parts: EngineParts
  readonly #health: Health
  readonly #inserts: Batcher<InsertCall, () => Inserted[]>

  constructor(parts: EngineParts) {
    this.#parts = parts
    this.#store = parts.store
    this.#health = new Health(parts.store.db)
    this.#inserts = new Batcher((calls) => insertCalls(this.#store, calls), { max: 32, inFlight: 2 })
  }

  // ── writes ──

  async insert(jobs: NewJob[], options: { atomic?: boolean } = {}): Promise<Inserted[]> {
    if (jobs.length === 0) return []
    const answer = await this.#inserts.add({ jobs, atomic: options.atomic === true })
    return answer()
  }

  /** `insert` inside a transaction of the caller's own: `tx` has `query(text, values)`. Committed, the jobs are there. */
  async insertIn(tx: unknown, jobs: NewJob[], options: { atomic?: boolean } = {}): Promise<Inserted[]> {
    return insertWithin(this.#store, queryableOf(tx), jobs, options.atomic === true)
  }

  claim(request: ClaimRequest): Promise<Claimed> {
    return claimAlone(this.#store, request)
  }

  apply(changes: Change[], request?: ClaimRequest): Promise<{ applied: Applied[]; claimed: Claimed | null }> {
    return apply(this.#store, changes, request)
  }

  extend(request: ExtendRequest): Promise<Extended> {
    return extend(this.#store, request)
  }

  note(notes: Note[]): Promise<(number | 'lost')[]> {
    return note(this.#store, notes)
  }

  enrol(worker: WorkerInfo, ttlMs: number): Promise<void> {
    return enrol(this.#store, worker, ttlMs)
  }

  purge(limit: number, id?: string): Promise<number> {
    return purge(this.#store, limit, id)
  }

  putDoc(kind: string, key: string, body: JsonObject | null, expectRev: number | null): Promise<boolean> {
    return putDoc(this.#store, kind, key, body, expectRev)
  }

  lead(role: string, holder: string, ttlMs: number): Promise<boolean> {
    return lead(this.#store, role, holder, ttlMs)
  }

  restore(jobs: SavedJob[]): Promise<('stored' | 'present')[]> {
    return restore(this.#store, jobs)
  }

  // ── reads ──

  now(): number {
    return this.#store.clock.now()
  }

  async get(ids: string[], include: Include = {}): Promise<(JobDetails | Tombstone | null)[]> {
    return ids.length === 0 ? [] : get(this.#store, ids, include)
  }

  async revs(ids: string[]): Promise<(number | null)[]> {
    return ids.length === 0 ? [] : revs(this.#store, ids)
  }

  async ahead(ids: string[]): Promise<(number | null)[]> {
    return ids.length === 0 ? [] : ahead(this.#store, ids)
  }

  list(request: ListRequest): Promise<ListPage> {
    return list(this.#store, request)
  }

  count(filter: JobFilter): Promise<Record<Status, number>> {
    return count(this.#store, filter)
  }

  logs(id: string, after: number, limit: number): Promise<LogLine[]> {
    return logsOf(this.#store.db, id, after, limit)
  }

  queues(): Promise<QueueRow[]> {
    return queues(this.#store)
  }

  workers(): Promise<WorkerRow[]> {
    return workers(this.#store)
  }

  docs(kind: string, key?: string): Promise<Doc[]> {
    return docs(this.#store, kind, key)
  }

  due(kind: DueKind, limit: number): Promise<JobRecord[]> {
    return due(this.#store, kind, limit)
  }

  stamp(): null {
    return null
  }

  hearing(): number | null {
    return this.#parts.hints.hearing
  }

  watch(listener: (hint: Hint) => void): () => void {
    return this.#parts.hints.add(listener)
  }

  health(): Promise<EngineHealth> {
    return this.#health.look()
  }

  inspect(): Promise<Remark[]> {
    const { hints, pool } = this.#parts
    return inspect({ db: this.#store.db, clock: systemClock, pool, hears: () => hints.canHear() })
  }

  // ── the whole ──

  migrate(): Promise<{ from: number; to: number }> {
    return migrate(this.#store.db, this.#parts.schema)
  }

  async schema(): Promise<{ found: number; wanted: number }> {
    return { found: await foundLayout(this.#store.db), wanted: wantedLayout }
  }

  async close(): Promise<void> {
    this.#parts.hints.stop()
    await this.#parts.notifier.close()
    await this.#parts.tallies.close()
    await this.#store.partitions.close()
    await this.#store.db.close()
  }
}

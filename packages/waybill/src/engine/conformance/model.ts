// The model: the simplest engine that keeps the contract, in memory. Read it as the definition of every verb: each is one
// short function in model/, built on the pure rules of job/. Nothing here is fast; every other engine is compared with it.
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
} from '../engine.ts'
import type { Applied, Change } from '../../job/change.ts'
import type { JobRecord, LogLine } from '../../job/record.ts'
import type { Status } from '../../job/status.ts'
import type { JsonObject } from '../../lib/json.ts'
import { apply } from './model/apply.ts'
import { ahead, claim } from './model/claim.ts'
import { docsOf, lead, putDoc } from './model/docs.ts'
import { insert } from './model/insert.ts'
import { note } from './model/note.ts'
import { purge } from './model/purge.ts'
import { count, due, getOne, list, queues, workers } from './model/read.ts'
import { restore } from './model/restore.ts'
import { Store } from './model/store.ts'
import { enrol, extend } from './model/workers.ts'

export interface ModelOptions extends EngineOptions {
  /** The clock. The model has none of its own. */
  now: () => number
  /** Another handle's store: both then see the same jobs, as two processes would. */
  store?: Store
}

export class ModelEngine implements Engine {
  readonly can: Capabilities = { stamp: true, shared: false, remote: false }
  readonly store: Store
  readonly #options: ModelOptions
  readonly #listeners = new Set<(hint: Hint) => void>()

  constructor(options: ModelOptions) {
    this.#options = options
    this.store = options.store ?? new Store()
  }

  // ── writing ──

  async insert(jobs: NewJob[], options: { atomic?: boolean } = {}): Promise<Inserted[]> {
    return this.#told(insert(this.store, jobs, options.atomic === true, this.now()))
  }

  async claim(request: ClaimRequest): Promise<Claimed> {
    return this.#told(claim(this.store, request, this.now()))
  }

  async apply(changes: Change[], request?: ClaimRequest): Promise<{ applied: Applied[]; claimed: Claimed | null }> {
    const applied = changes.map((change) => apply(this.store, change, this.now()))
    return this.#told({ applied, claimed: request ? claim(this.store, request, this.now()) : null })
  }

  async extend(request: ExtendRequest): Promise<Extended> {
    return this.#told(extend(this.store, request, this.now()))
  }

  async note(notes: Note[]): Promise<(number | 'lost')[]> {
    return this.#told(notes.map((one) => note(this.store, one, this.now())))
  }

  async enrol(worker: WorkerInfo, ttlMs: number): Promise<void> {
    return this.#told(enrol(this.store, worker, ttlMs, this.now()))
  }

  async purge(limit: number, id?: string): Promise<number> {
    return this.#told(purge(this.store, limit, id, this.now()))
  }

  async putDoc(kind: string, key: string, body: JsonObject | null, expectRev: number | null): Promise<boolean> {
    return this.#told(putDoc(this.store, { kind, key, body, expectRev }, this.now()))
  }

  async lead(role: string, holder: string, ttlMs: number): Promise<boolean> {
    return this.#told(lead(this.store, role, holder, ttlMs, this.now()))
  }

  async restore(jobs: SavedJob[]): Promise<('stored' | 'present')[]> {
    return this.#told(restore(this.store, jobs, this.now()))
  }

  // ── reading ──

  now(): number {
    return this.#options.now() + (this.#options.clockOffset?.() ?? 0)
  }

  async get(ids: string[], include: Include = {}): Promise<(JobDetails | Tombstone | null)[]> {
    return ids.map((id) => getOne(this.store, id, include, this.now()))
  }

  async revs(ids: string[]): Promise<(number | null)[]> {
    return ids.map((id) => this.store.jobs.get(id)?.record.rev ?? null)
  }

  async ahead(ids: string[]): Promise<(number | null)[]> {
    return ids.map((id) => ahead(this.store, id))
  }

  async list(request: ListRequest): Promise<ListPage> {
    return list(this.store, request)
  }

  async count(filter: JobFilter): Promise<Record<Status, number>> {
    return count(this.store, filter)
  }

  async logs(id: string, after: number, limit: number): Promise<LogLine[]> {
    const lines = this.store.jobs.get(id)?.logs ?? []
    return lines.filter(({ seq }) => seq > after).slice(0, limit)
  }

  async queues(): Promise<QueueRow[]> {
    return queues(this.store)
  }

  async workers(): Promise<WorkerRow[]> {
    return workers(this.store, this.now())
  }

  async docs(kind: string, key?: string): Promise<Doc[]> {
    return docsOf(this.store, kind, key)
  }

  async due(kind: DueKind, limit: number): Promise<JobRecord[]> {
    return due(this.store, kind, limit, this.now())
  }

  stamp(): number {
    return this.store.stamp
  }

  hearing(): null {
    return null
  }

  watch(listener: (hint: Hint) => void): () => void {
    this.#listeners.add(listener)
    this.store.listeners.add(listener)
    return () => this.#forget(listener)
  }

  async health(): Promise<EngineHealth> {
    return { kind: 'model', durability: 'volatile', problem: null }
  }

  // ── the whole ──

  async migrate(): Promise<{ from: number; to: number }> {
    return { from: 1, to: 1 }
  }

  async schema(): Promise<{ found: number; wanted: number }> {
    return { found: 1, wanted: 1 }
  }

  async close(): Promise<void> {
    for (const listener of this.#listeners) this.#forget(listener)
  }

  // After any write: another stamp, and a hint that says no more than "look".
  #told<T>(answer: T): T {
    this.store.stamp++
    for (const listener of this.store.listeners) listener({ ids: null, queues: null })
    return answer
  }

  #forget(listener: (hint: Hint) => void): void {
    this.#listeners.delete(listener)
    this.store.listeners.delete(listener)
  }
}

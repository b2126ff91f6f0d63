// The contract that every engine keeps: each verb is one sentence of promise. Engines store and compare; they never
// decide (job/decide.ts does) and no caller asks an engine's name: what differs is declared in `can`.
// Every write is durable before its promise resolves. Every verb fails with `engine_unavailable` rather than hang.
import type { Applied, Change, NewStep } from '../job/change.ts'
import type { JobRecord, LogLine, Step } from '../job/record.ts'
import type { ProgressNote } from '../job/progress.ts'
import type { Status } from '../job/status.ts'
import type { TimelineEntry } from '../job/timeline.ts'
import type { JsonObject } from '../lib/json.ts'
import type { Hint } from './hint.ts'
import type { Inserted, NewJob } from './new-job.ts'
import type { Remark } from './remark.ts'

export type { Hint, Inserted, NewJob }

// ── writing ────────────────────────────────────────────────────────────────────────────────────────────────────────

export interface ClaimRequest {
  workerId: string
  /** Queues to serve in this order of preference; empty serves all. */
  queues: string[]
  max: number
  leaseMs: number
  /** The same worker's same id again, while its leases stand, answers the same leases: a lost reply burns nothing. */
  claimId: string
  /** How many of the claimed jobs the worker begins at once; the rest are held (prefetched). */
  begins: number
  /** Of earlier claims: how many jobs, in claim order, the worker may have begun from now on. */
  begun?: { fence: number; begun: number }[]
}

export interface Claimed {
  /** One fence for the whole claim; it is higher than any earlier one. */
  fence: number
  /** In the order in which the worker must begin them. */
  jobs: LeasedJob[]
}

export interface LeasedJob {
  record: JobRecord
  inputJson: string
  steps: Step[]
}

export interface ExtendRequest {
  workerId: string
  leaseMs: number
  /** Leases to renew by fence; `begun` counts the jobs of the claim begun so far, in claim order. */
  leases: { fence: number; begun: number }[]
  /** Running jobs to ask about. */
  jobs: { id: string; fence: number }[]
}

export interface Extended {
  /** Of `jobs`: no longer leased under their fence. */
  lost: string[]
  /** Of `jobs`: a cancel has been asked for. */
  cancel: string[]
}

/** Something a running attempt has to say. Guarded by the fence like every write of a worker. */
export interface Note extends ProgressNote {
  id: string
  fence: number
  logs?: Pick<LogLine, 'level' | 'message' | 'fields' | 'attempt' | 'audience'>[]
  steps?: NewStep[]
}

export interface WorkerInfo {
  id: string
  name: string
  queues: string[]
  slots: number
}

export interface WorkerRow extends WorkerInfo {
  startedAt: number
  heartbeatAt: number
  expiresAt: number
}

/** A record that operators own (an API key, a queue's settings, later a schedule or webhook), kept under kind and key. */
export interface Doc {
  kind: string
  key: string
  rev: number
  body: JsonObject
  updatedAt: number
}

/** Jobs that time has something to say about. */
export type DueKind =
  /** scheduled, or waiting for a signal, and `runAt` has come */
  | 'run_at'
  /** processing, and the lease has run out */
  | 'lease'
  /** processing, cancel asked for, and the grace is over */
  | 'cancel'
  /** neither started nor ended since it was inserted, and `startWithinMs` is over */
  | 'start_by'

/** A job as another store keeps it: nobody runs it (`lease` null), its input is in `inputJson` alone. */
export interface SavedJob {
  record: JobRecord
  inputJson: string
  timeline: TimelineEntry[]
  steps: Step[]
  logs: LogLine[]
}

export interface WriteEngine {
  /** Stores jobs, each entirely or not at all; with `atomic`, all or none. Answers one outcome each, in order. */
  insert(jobs: NewJob[], options?: { atomic?: boolean }): Promise<Inserted[]>
  /**
   * `insert` inside an open transaction of the caller's own, on the same store: committed, the jobs are there; rolled
   * back, they never were. Engines without transactions do not have it. Throws `bad_request` for what is no transaction.
   */
  insertIn?(tx: unknown, jobs: NewJob[], options?: { atomic?: boolean }): Promise<Inserted[]>
  /** Leases runnable jobs, higher priority first, oldest first within one; skips paused queues. */
  claim(request: ClaimRequest): Promise<Claimed>
  /** Stores each Change if what it expects still holds, with its timeline entry and rev + 1; then claims, in the same round trip. */
  apply(changes: Change[], claim?: ClaimRequest): Promise<{ applied: Applied[]; claimed: Claimed | null }>
  /** Renews leases by fence and says which running jobs are lost or to be cancelled. Renews the worker's own row. */
  extend(request: ExtendRequest): Promise<Extended>
  /** Keeps progress, log lines and steps of running jobs. Answers the job's rev, or `lost`. */
  note(notes: Note[]): Promise<(number | 'lost')[]>
  /** Makes the worker known for `ttlMs` (renewed by `extend`), or forgets it (`ttlMs` 0). */
  enrol(worker: WorkerInfo, ttlMs: number): Promise<void>
  /** Deletes ended jobs past `expiresAt` (or the one named) leaving tombstones, and tombstones and keys past theirs. Answers how many jobs. */
  purge(limit: number, id?: string): Promise<number>
  /** Stores a document if its rev is still `expectRev` (0: it must not exist; null: whatever it is). False: it is not. `body` null deletes. */
  putDoc(kind: string, key: string, body: JsonObject | null, expectRev: number | null): Promise<boolean>
  /**
   * Puts jobs of another store here exactly as they were there, each wholly or not at all, in this order behind those
   * that are here. An id that is known here, also as purged, is left alone: `present`. Throws `bad_request` for a leased one.
   */
  restore(jobs: SavedJob[]): Promise<('stored' | 'present')[]>
  /** Takes or renews a role for `ttlMs`; true for the one holder. */
  lead(role: string, holder: string, ttlMs: number): Promise<boolean>
}

// ── reading ────────────────────────────────────────────────────────────────────────────────────────────────────────

export interface Include {
  input?: boolean
  timeline?: boolean
  steps?: boolean
}

export interface JobDetails {
  record: JobRecord
  /** Where it was read, when not in the engine itself. */
  source?: 'cache' | 'archive'
  timeline?: TimelineEntry[]
  steps?: Step[]
}

/** A job that was purged: it existed, for this owner, and answers 410. */
export interface Tombstone {
  gone: true
  userId: string | null
}

export interface JobFilter {
  userId?: string | null
  status?: Status[]
  type?: string
  queue?: string
  subject?: string
  tag?: string
  batchId?: string
  scheduleKey?: string
  parentId?: string
  createdAfter?: number
  createdBefore?: number
  updatedSince?: number
  /** Part of the title, of the type or of the id, whatever the case. */
  text?: string
}

export interface ListRequest {
  filter: JobFilter
  limit: number
  /** Default newest first. */
  oldestFirst?: boolean
  /** Continue after this position (from the page before). */
  after?: string | null
  /** Where a store must look at jobs one by one, about so many are enough: a page may then end early, with `next`. */
  look?: number
  /** Skip so many instead (numbered pages). */
  offset?: number
}

export interface ListPage {
  records: JobRecord[]
  /** Where the next page begins; null at the end. */
  next: string | null
}

export interface QueueRow {
  queue: string
  counts: Record<Status, number>
  paused: boolean
  oldestPendingAt: number | null
}

export interface EngineHealth {
  kind: string
  durability: 'durable' | 'relaxed' | 'volatile'
  /** Null when well, else what is wrong. */
  problem: string | null
}

export interface ReadEngine {
  /** The engine's clock, milliseconds since the epoch. Its own machine's estimate is enough: for display, never for guards. */
  now(): number
  /** The jobs, in order of `ids`; null for one that never was. */
  get(ids: string[], include?: Include): Promise<(JobDetails | Tombstone | null)[]>
  /** The revs alone, in order of `ids`; null for what is not there. */
  revs(ids: string[]): Promise<(number | null)[]>
  /** How many jobs of its queue a claim would take before this one; null: not pending, or 1,000 and more. Left out where that is dear. */
  ahead?(ids: string[]): Promise<(number | null)[]>
  list(request: ListRequest): Promise<ListPage>
  /** How many jobs there are in each status. */
  count(filter: JobFilter): Promise<Record<Status, number>>
  logs(id: string, after: number, limit: number): Promise<LogLine[]>
  queues(): Promise<QueueRow[]>
  /** Workers whose row has not run out. */
  workers(): Promise<WorkerRow[]>
  docs(kind: string, key?: string): Promise<Doc[]>
  /** At most `limit` jobs that time has something to say about, most overdue first. */
  due(kind: DueKind, limit: number): Promise<JobRecord[]>
  /** Differs after anything that anyone committed: equal stamps, nothing has changed. Null where that is dear (`can.stamp`). */
  stamp(): number | null
  /** Calls back on hints until the returned function is called. `workers`: new work and what others did to jobs suffice. */
  watch(listener: (hint: Hint) => void, audience?: 'readers' | 'workers'): () => void
  /**
   * A number that stays the same while hints come without a break that the engine knows of, told within the call that
   * makes one known; null while they may be missed, and where an exact `stamp` says more. Each turn gives a hint of all.
   */
  hearing(): number | null
  health(): Promise<EngineHealth>
  /** What else is worth knowing of the store: settings, room, clock. Reads only; left out where there is nothing to say. */
  inspect?(): Promise<Remark[]>
}

// ── the whole ──────────────────────────────────────────────────────────────────────────────────────────────────────

export interface Capabilities {
  /** `stamp` is cheap and exact. */
  stamp: boolean
  /** Another process or thread can open the same store by the same URL (heartbeats then run off the main loop). */
  shared: boolean
  /** The store works in a process of its own: while it does, this one can go on. */
  remote: boolean
}

export interface Engine extends ReadEngine, WriteEngine {
  readonly can: Capabilities
  /** Brings the store to this version's layout, under a lock; safe from several processes at once. */
  migrate(): Promise<{ from: number; to: number }>
  /** The layout found and the layout wanted, touching nothing. */
  schema(): Promise<{ found: number; wanted: number }>
  /** Ends open work and frees every handle. */
  close(): Promise<void>
}

/** What every engine takes besides its URL. */
export interface EngineOptions {
  /** Milliseconds added to the engine's own clock; tests move time with it. */
  clockOffset?: () => number
  /** The clock itself, where it is that of this process (SQLite): tests stop it. Then `clockOffset` does not count. */
  now?: () => number
}

export function isGone(found: JobDetails | Tombstone | null): found is Tombstone {
  return found !== null && 'gone' in found
}

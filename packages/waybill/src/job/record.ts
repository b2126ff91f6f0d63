// One job as everything in Waybill sees it. `JobSpec` never changes after insert; `JobState` changes only by Changes.
// Times are milliseconds since the Unix epoch on the engine's clock. Null means "known to be empty".
import type { Json, JsonObject } from '../lib/json.ts'
import type { JobError } from './errors.ts'
import type { Status, WaitReason } from './status.ts'

/** What was asked for. Fixed at submit. */
export interface JobSpec {
  id: string
  type: string
  queue: string
  /** The owner; null is an operator's job that no user sees. */
  userId: string | null
  /** 0–10, higher first. */
  priority: number
  title: string | null
  /** What the job is about, such as `character:42`. */
  subject: string | null
  tags: string[]
  metadata: JsonObject
  policy: JobPolicy
  parentId: string | null
  batchId: string | null
  scheduleKey: string | null
  traceparent: string | null
  createdAt: number
}

/** How one job is run, kept and given up. All durations in milliseconds. */
export interface JobPolicy {
  retry: RetryPolicy
  /** Hard limit of an attempt. */
  timeoutMs: number
  /** The signal that asks an attempt to wind up. */
  softTimeoutMs: number
  /** How long a completed or cancelled job is kept. */
  retentionMs: number
  /** How long a failed job is kept. */
  retentionFailedMs: number
  /** Not started this long after it was created: failed/expired. Null: no such limit. */
  startWithinMs: number | null
  /** Workers it may lose before it fails; absent: as many as any job. */
  maxLosses?: number
}

/** Exponential backoff: the n-th retry waits `backoffMs * factor^(n-1)`, at most `maxMs`, spread by ± `jitter`. */
export interface RetryPolicy {
  /** Attempts in all, the first included. Default 3. */
  maxAttempts: number
  /** Wait before the first retry. Default 60 s. */
  backoffMs: number
  /** Growth of the wait. Default 2. */
  factor: number
  /** Longest wait. Default 1 h. */
  maxMs: number
  /** Share of the wait that chance may add or take, 0–1. Default 0.2. */
  jitter: number
}

/** What has happened so far. */
export interface JobState {
  /** +1 on every visible change. */
  rev: number
  status: Status
  waitReason: WaitReason | null
  /** The fence of the latest lease; 0 before the first. */
  fence: number
  /** Attempts begun and charged; a release gives its one back. */
  attempt: number
  /** Attempts that ended in an error or a timeout; compared with `retry.maxAttempts`. */
  fails: number
  /** Attempts whose worker vanished; counted apart from `fails`. */
  losses: number
  runAt: number
  /** Start of the latest attempt. */
  startedAt: number | null
  updatedAt: number
  completedAt: number | null
  /** When an ended job may be purged. */
  expiresAt: number | null
  progress: number | null
  progressMessage: string | null
  stage: string | null
  counts: Counts | null
  cancelRequestedAt: number | null
  cancelReason: string | null
  /** When the grace of a cancel request ends and the lease is revoked. */
  cancelBy: number | null
  result: Json
  error: JobError | null
  children: ChildCounts | null
  /** True once a step has been recorded: claims then bring the steps along. */
  hasSteps: boolean
}

export interface Counts {
  done: number
  total: number | null
  unit: string | null
}

/** How a parent's subtasks stand. */
export interface ChildCounts {
  total: number
  completed: number
  failed: number
  cancelled: number
  active: number
}

/** Who holds a running job. */
export interface Lease {
  workerId: string
  fence: number
  startedAt: number
  expiresAt: number
  heartbeatAt: number
  /** Prefetched by the worker but not begun: a crash charges nothing. */
  held: boolean
}

export interface JobRecord extends JobSpec, JobState {
  lease: Lease | null
  /** Present only where it was asked for. */
  input?: Json
}

/** A finished unit of work inside a job: a retry resumes after it. */
export interface Step {
  key: string
  status: 'completed' | 'failed'
  attempt: number
  startedAt: number
  endedAt: number
  result: Json
}

export interface LogLine {
  seq: number
  at: number
  level: 'debug' | 'info' | 'warn' | 'error'
  message: string
  fields: JsonObject | null
  attempt: number
  /** `owner` lines are shown to the job's owner, `operator` lines only to operators. */
  audience: 'owner' | 'operator'
}

// The job resource (contract §3): what owners and operators see of a record. The one place where record members
// become wire members. Browser-safe.
import type { Json, JsonObject } from '../lib/json.ts'
import type { InternalError, JobError } from '../job/errors.ts'
import type { Counts, JobRecord } from '../job/record.ts'
import type { Status, WaitReason } from '../job/status.ts'
import { isEnd } from '../job/status.ts'
import { toWireTime, toWireTimeOrNull } from './time.ts'

export interface JobErrorView {
  code: string
  message: string
  retryable: boolean
  ref: string
  /** Operators only. */
  internal?: InternalError | null
}

export interface JobView {
  job_id: string
  rev: number
  type: string
  title: string | null
  queue: string
  status: Status
  stage: string | null
  progress: number | null
  progress_message: string | null
  counts: Counts | null
  user_id: string | null
  subject: string | null
  priority: number
  tags: string[]
  metadata: JsonObject
  attempt: number
  max_attempts: number
  created_at: string
  run_at: string
  started_at: string | null
  updated_at: string
  completed_at: string | null
  expires_at: string | null
  cancel_requested_at: string | null
  cancel_reason: string | null
  result: Json
  error: JobErrorView | null
  artifacts: ArtifactView[]
  children: { total: number; completed: number; failed: number; cancelled: number; active: number } | null
  parent_id: string | null
  batch_id: string | null
  schedule_key: string | null
  links: { self: string; events: string; result: string; cancel: string }
  wait_reason: WaitReason | null
  /** One sentence for people on why the job is not running; null while it runs and after its end. */
  wait_text: string | null
  /** While it is pending: 1 is the next of its queue. Null where that cannot be said cheaply. */
  queue_position: number | null
  /** How long it was (or has been) runnable before its latest attempt began. */
  wait_ms: number
  /** How long the latest attempt took (or has taken); null before the first. */
  duration_ms: number | null
  /** Only while it runs, from the last runs of its type; left out when too few are known. */
  estimate?: EstimateView
}

/** How far a running job is likely to be (job/estimate.ts). */
export interface EstimateView {
  /** 0 up to 0.99; it never falls within an attempt. */
  progress: number
  /** Null: it has run longer than every run that is known. */
  ends_at: string | null
  /** How long a run usually takes: the median. */
  duration_ms: number
  /** How many runs that is taken from. */
  samples: number
}

export interface ArtifactView {
  name: string
  content_type: string
  size: number
  sha256: string
  href: string
}

/** The operator's view adds these. */
export interface OperatorJobView extends JobView {
  input?: Json
  lease: { worker_id: string; fence: number; expires_at: string; heartbeat_at: string; held: boolean } | null
  timeout_ms: number
  soft_timeout_ms: number
  retry: { max_attempts: number; backoff_ms: number; factor: number; max_ms: number; jitter: number }
  fails: number
  losses: number
  traceparent: string | null
}

/** The members that change with time alone, without a new rev. */
export type LiveMembers = Pick<
  JobView,
  'wait_reason' | 'wait_text' | 'queue_position' | 'wait_ms' | 'duration_ms' | 'estimate'
>
/** The members that only a new rev changes: safe to serialise once and keep. */
export type StaticView = Omit<JobView, keyof LiveMembers>

/** The rev-bound part of a job as its owner sees it. `base` is the API's path, such as `/api/v1`. */
export function staticView(job: JobRecord, base: string): StaticView {
  return {
    job_id: job.id,
    rev: job.rev,
    type: job.type,
    title: job.title,
    queue: job.queue,
    status: job.status,
    stage: job.stage,
    progress: job.progress,
    progress_message: job.progressMessage,
    counts: job.counts,
    user_id: job.userId,
    subject: job.subject,
    priority: job.priority,
    tags: job.tags,
    metadata: job.metadata,
    attempt: job.attempt,
    max_attempts: job.policy.retry.maxAttempts,
    created_at: toWireTime(job.createdAt),
    run_at: toWireTime(job.runAt),
    started_at: toWireTimeOrNull(job.startedAt),
    updated_at: toWireTime(job.updatedAt),
    completed_at: toWireTimeOrNull(job.completedAt),
    expires_at: toWireTimeOrNull(job.expiresAt),
    cancel_requested_at: toWireTimeOrNull(job.cancelRequestedAt),
    cancel_reason: job.cancelReason,
    result: job.result,
    error: job.error && ownerError(job.error),
    artifacts: [],
    children: job.children,
    parent_id: job.parentId,
    batch_id: job.batchId,
    schedule_key: job.scheduleKey,
    links: links(job.id, base),
  }
}

/** The part that moves with the clock. `wait` is what those who wait are told (watch/waits). */
export function liveMembers(
  job: JobRecord,
  now: number,
  wait: { reason: WaitReason | null; text: string | null; position: number | null; estimate: EstimateView | null },
): LiveMembers {
  const until = job.completedAt ?? now
  const started = job.startedAt
  return {
    wait_reason: wait.reason,
    wait_text: wait.text,
    queue_position: wait.position,
    wait_ms: Math.max(0, (started ?? until) - Math.min(job.runAt, started ?? job.runAt)),
    duration_ms:
      started === null
        ? null
        : Math.max(0, (isEnd(job.status) || job.status === 'processing' ? until : job.updatedAt) - started),
    ...(wait.estimate ? { estimate: wait.estimate } : {}),
  }
}

/** What operators see on top of the owner's view. */
export function operatorMembers(job: JobRecord): Omit<OperatorJobView, keyof JobView> & { error: JobErrorView | null } {
  const { retry } = job.policy
  return {
    error: job.error && { ...ownerError(job.error), internal: job.error.internal },
    ...(job.input === undefined ? {} : { input: job.input }),
    lease: job.lease && {
      worker_id: job.lease.workerId,
      fence: job.lease.fence,
      expires_at: toWireTime(job.lease.expiresAt),
      heartbeat_at: toWireTime(job.lease.heartbeatAt),
      held: job.lease.held,
    },
    timeout_ms: job.policy.timeoutMs,
    soft_timeout_ms: job.policy.softTimeoutMs,
    retry: {
      max_attempts: retry.maxAttempts,
      backoff_ms: retry.backoffMs,
      factor: retry.factor,
      max_ms: retry.maxMs,
      jitter: retry.jitter,
    },
    fails: job.fails,
    losses: job.losses,
    traceparent: job.traceparent,
  }
}

function ownerError({ code, message, retryable, ref }: JobError): JobErrorView {
  return { code, message, retryable, ref }
}

function links(id: string, base: string): JobView['links'] {
  const self = `${base}/jobs/${id}`
  return { self, events: `${self}/events`, result: `${self}/result`, cancel: `${self}/cancel` }
}

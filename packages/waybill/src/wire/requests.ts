// Requests in, from the wire's snake_case to the words of the TypeScript API.
import type { Json, JsonObject } from '../lib/json.ts'
import type { ProgressNote } from '../job/progress.ts'
import type { RetryPolicy } from '../job/record.ts'
import type { CancelBody, RetryBody, SubmitBody, UniqueBody } from './schemas.ts'
import { toWireTime } from './time.ts'
import type { ProgressBody } from './worker-schemas.ts'
import type { ConflictAnswer, UniqueScope } from '../job/unique.ts'

/** The members of a submit request that come from the body; the caller's identity and headers are added by http/. */
export interface SubmitMembers {
  type: string
  input: unknown
  jobId?: string
  queue?: string
  priority?: number | string
  delayMs?: number
  runAt?: number
  startBy?: number
  timeoutMs?: number
  softTimeoutMs?: number
  retry?: Partial<RetryPolicy>
  subject?: string
  title?: string
  tags?: string[]
  metadata?: JsonObject
  retentionMs?: number
  parentId?: string
  unique?: UniqueMembers
  reuseResult?: { maxAgeMs: number }
  debounce?: { key: string; waitMs: number; maxMs?: number }
}

interface UniqueMembers {
  key: string
  scope?: UniqueScope
  forMs?: number
  onConflict?: ConflictAnswer
}

export function submitMembers(body: SubmitBody): SubmitMembers {
  return defined({
    type: body.type,
    input: body.input ?? null,
    jobId: body.job_id,
    queue: body.queue,
    priority: body.priority,
    delayMs: body.delay_ms,
    runAt: instant(body.run_at),
    startBy: instant(body.start_by),
    timeoutMs: body.timeout_ms,
    softTimeoutMs: body.soft_timeout_ms,
    retry: body.retry && retryMembers(body.retry),
    subject: body.subject,
    title: body.title,
    tags: body.tags,
    metadata: body.metadata,
    retentionMs: body.retention_ms,
    parentId: body.parent_id,
    unique: body.unique && uniqueMembers(body.unique),
    reuseResult: body.reuse_result && { maxAgeMs: body.reuse_result.max_age_ms },
    debounce: body.debounce && debounceMembers(body.debounce),
  })
}

/** The same the other way round: the body that makes these members. */
export function submitBodyOf(m: SubmitMembers): SubmitBody {
  return defined({
    type: m.type,
    input: m.input,
    job_id: m.jobId,
    queue: m.queue,
    priority: m.priority,
    delay_ms: m.delayMs,
    run_at: wireInstant(m.runAt),
    start_by: wireInstant(m.startBy),
    timeout_ms: m.timeoutMs,
    soft_timeout_ms: m.softTimeoutMs,
    retry: m.retry && retryBody(m.retry),
    subject: m.subject,
    title: m.title,
    tags: m.tags,
    metadata: m.metadata,
    retention_ms: m.retentionMs,
    parent_id: m.parentId,
  })
}

function debounceMembers(body: NonNullable<SubmitBody['debounce']>): NonNullable<SubmitMembers['debounce']> {
  return defined({ key: body.key, waitMs: body.wait_ms, maxMs: body.max_ms })
}

function uniqueMembers(body: UniqueBody): UniqueMembers {
  return defined({ key: body.key, scope: body.scope, forMs: body.for_ms, onConflict: body.on_conflict })
}

export function cancelWish(body: CancelBody): {
  reason: string | null
  mode?: CancelBody['mode'] & string
  graceMs?: number
} {
  return defined({ reason: body.reason ?? null, mode: body.mode, graceMs: body.grace_ms })
}

/** What a worker elsewhere says of its progress. */
export function progressNote({
  progress,
  progress_message: progressMessage,
  stage,
  counts,
}: ProgressBody): ProgressNote {
  return defined({ progress, progressMessage, stage, counts: counts && { total: null, unit: null, ...counts } })
}

/** JSON that was parsed and checked, such as a result; what was left out is null. */
export function keptJson(value: unknown): Json {
  const json: Json = JSON.parse(JSON.stringify(value ?? null))
  return json
}

function retryMembers(body: RetryBody): Partial<RetryPolicy> {
  return defined({
    maxAttempts: body.max_attempts,
    backoffMs: body.backoff_ms,
    factor: body.factor,
    maxMs: body.max_ms,
    jitter: body.jitter,
  })
}

function retryBody(retry: Partial<RetryPolicy>): RetryBody {
  return defined({
    max_attempts: retry.maxAttempts,
    backoff_ms: retry.backoffMs,
    factor: retry.factor,
    max_ms: retry.maxMs,
    jitter: retry.jitter,
  })
}

function wireInstant(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : toWireTime(ms)
}

function instant(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Date.parse(text)
}

type Defined<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>
}

/** The same object without the members that were not given. */
function defined<T extends object>(members: T): Defined<T>
function defined(members: object): object {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined))
}

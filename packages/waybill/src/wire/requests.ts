// Requests in, from the wire's snake_case to the words of the TypeScript API.
import type { JsonObject } from '../lib/json.ts'
import type { RetryPolicy } from '../job/record.ts'
import type { ConflictAnswer, UniqueScope } from '../job/unique.ts'
import type { CancelBody, RetryBody, SubmitBody, UniqueBody } from './schemas.ts'

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

function retryMembers(body: RetryBody): Partial<RetryPolicy> {
  return defined({
    maxAttempts: body.max_attempts,
    backoffMs: body.backoff_ms,
    factor: body.factor,
    maxMs: body.max_ms,
    jitter: body.jitter,
  })
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

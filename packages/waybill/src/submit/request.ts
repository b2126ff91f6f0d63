// What a caller asks for, before it is checked, and what comes back.
import type { JsonObject } from '../lib/json.ts'
import type { JobRecord, RetryPolicy } from '../job/record.ts'

export interface SubmitRequest {
  type: string
  input: unknown
  /** The owner; null for an operator's job. */
  userId: string | null
  jobId?: string
  queue?: string
  /** 0–10, or `high` `default` `low`. */
  priority?: number | string
  /** One of the two, or neither for "at once". */
  delayMs?: number
  runAt?: number
  /** Not started by then (ms since the epoch) → failed/expired. */
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
  /** The schedule that asks for it. */
  scheduleKey?: string
  traceparent?: string
  /** `scope` names principal and route, so that two callers' equal keys never meet. Kept for 24 h unless said otherwise. */
  idempotency?: { key: string; scope: string; keepMs?: number }
}

export interface Submitted {
  record: JobRecord
  /** True when an idempotency key answered with the job that exists. */
  replayed: boolean
}

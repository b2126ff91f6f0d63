// What a caller asks for, before it is checked, and what comes back.
import type { JsonObject } from '../lib/json.ts'
import type { ConflictAnswer, UniqueScope } from '../job/unique.ts'
import type { Standing } from '../job/quota.ts'
import type { JobRecord, RetryPolicy } from '../job/record.ts'

/** At most one job of this key at a time, within its type and owner. */
export interface UniqueWish {
  key: string
  /** Default `active`: until the job ends. */
  scope?: UniqueScope
  /** With `until`. */
  forMs?: number
  /** Default `return`. */
  onConflict?: ConflictAnswer
}

/** A job that waits is given this input instead, and waits anew: the last of many runs, once. */
export interface DebounceWish {
  key: string
  waitMs: number
  /** Runs at the latest so long after the first. Default: ten waits. */
  maxMs?: number
}

export interface SubmitRequest {
  type: string
  input: unknown
  /** The owner; null for an operator's job. */
  userId: string | null
  /** Whose limits hold for him. Left out: none do. */
  tier?: string
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
  batchId?: string
  /** Instead of what the type says. */
  unique?: UniqueWish
  /** A job of the same type, owner and input that completed within this time answers instead. */
  reuseResult?: { maxAgeMs: number }
  debounce?: DebounceWish
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
  /** An earlier job answers instead of a new one: one of the same unique key, or one whose result is reused. */
  instead?: 'deduplicated' | 'reused'
  /** How its owner stands with the limits of his tier, this job counted. */
  standings?: readonly Standing[]
}

export interface BatchRequest {
  jobs: SubmitRequest[]
  /** All or none. */
  atomic: boolean
  userId: string | null
  name: string | null
  /** Runs once, after all have ended however they did. */
  onFinish: { type: string; input: unknown } | null
  /** Whose limits hold; `onFinish` is one more job of the day. */
  tier?: string
  /** The same again answers the same batch. */
  idempotency: { key: string; scope: string } | null
}

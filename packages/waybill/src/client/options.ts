// What callers may say, and what lists answer: contract §4.1 in camelCase.
import type { OnGone } from './follower.ts'
import type { Job } from './views.ts'

/** What may be said of a job at submit. */
export interface SubmitOptions {
  id?: string
  queue?: string
  priority?: number | 'high' | 'default' | 'low'
  delayMs?: number
  runAt?: string
  startBy?: string
  timeoutMs?: number
  softTimeoutMs?: number
  retry?: { maxAttempts?: number; backoffMs?: number; factor?: number; maxMs?: number; jitter?: number }
  retentionMs?: number
  subject?: string
  title?: string
  userId?: string
  tags?: string[]
  metadata?: Record<string, unknown>
  parentId?: string
  /** True: the answer bears a token with which a browser may watch this job, for an hour. It needs a job with an owner. */
  viewToken?: boolean
  /** At most one job of this key at a time, within its type and owner. */
  unique?: {
    key: string
    /** Default `active`: until the job ends. `until`: for `forMs`. */
    scope?: 'active' | 'until'
    forMs?: number
    /** Default `return`: the job that exists. */
    onConflict?: 'return' | 'reject' | 'replace'
  }
  /** A job of the same type, owner and input, submitted so and completed within this time, answers instead. */
  reuseResult?: { maxAgeMs: number }
  /** A job of this key that still waits takes this input, and waits anew; at most `maxMs` (ten waits) after the first. */
  debounce?: { key: string; waitMs: number; maxMs?: number }
  /** Made by itself when left out: a lost reply never doubles a job. */
  idempotencyKey?: string
}

/** One job of a batch. */
export interface BatchJob extends Omit<SubmitOptions, 'idempotencyKey'> {
  type: string
  input?: unknown
}

export interface BatchOptions {
  /** `true` (default): all or none. `false`: each job on its own. */
  atomic?: boolean
  name?: string
  /** Runs once, after all have ended, however they did. */
  onFinish?: { type: string; input?: unknown }
  /** Made by itself when left out. */
  idempotencyKey?: string
}

export interface SubmittedBatch {
  batchId: string
  /** One an item, in order: its job, or (never with `atomic`) why there is none. */
  items: { index: number; job?: Job; problem?: { code: string; detail: string; status: number } }[]
}

export interface ListOptions {
  /** `me`: your own. */
  userId?: string
  status?: Job['status'][]
  type?: string
  queue?: string
  subject?: string
  tag?: string
  batch?: string
  schedule?: string
  parent?: string
  /** RFC 3339. */
  createdAfter?: string
  createdBefore?: string
  text?: string
  order?: '-created_at' | 'created_at'
  /** At most 200. Default 50. */
  limit?: number
  cursor?: string
}

export interface JobPage {
  items: Job[]
  nextCursor: string | null
}

export interface LookedUp {
  items: Job[]
  /** Ids of jobs that have not changed since the rev that was given. */
  unchanged: string[]
  /** Ids of jobs that are not there, or not yours. */
  missing: string[]
}

export interface CancelOptions {
  reason?: string
  mode?: 'cooperative' | 'force'
  graceMs?: number
}

export interface WatchOptions {
  signal?: AbortSignal
}

/** Either `jobs`, or at least one of the filters. */
export interface WatchAllOptions extends WatchOptions {
  jobs?: readonly string[]
  /** `me`: your own. */
  userId?: string
  batch?: string
  queue?: string
  type?: string
  subject?: string
  /** Told of jobs that are not there, or no longer. */
  onGone?: OnGone
}

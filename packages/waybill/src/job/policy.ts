// What a job gets when nobody said otherwise, and the arithmetic of retries. The defaults are the contract's (§7).
import type { JobPolicy, RetryPolicy } from './record.ts'

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour

export const defaultPolicy: JobPolicy = {
  retry: { maxAttempts: 3, backoffMs: minute, factor: 2, maxMs: hour, jitter: 0.2 },
  timeoutMs: 30 * minute,
  softTimeoutMs: 25 * minute,
  retentionMs: day,
  retentionFailedMs: 7 * day,
  startWithinMs: null,
}

/** A job may lose its worker this often; the next loss fails it as `worker_crashed`. */
export const maxLosses = 3
/** How long a purged job still answers 410. */
export const tombstoneMs: number = 30 * day
/** How long an idempotency key is remembered. */
export const idempotencyMs: number = day
/** How long a running job may take to obey a cancel request. */
export const cancelGraceMs = 30_000

/** The wait before retry number `retry` (1 is the first). `random` gives a number in [0, 1). */
export function backoff(policy: RetryPolicy, retry: number, random: () => number): number {
  const plain = Math.min(policy.backoffMs * policy.factor ** (retry - 1), policy.maxMs)
  const spread = 1 + policy.jitter * (2 * random() - 1)
  return Math.round(plain * spread)
}

const lanes: Record<string, number> = { high: 10, default: 5, low: 1 }
export const defaultPriority = 5

/** `high`, `default`, `low` or 0–10. Null when it is none of these. */
export function toPriority(value: unknown): number | null {
  if (typeof value === 'string') return Object.hasOwn(lanes, value) ? (lanes[value] ?? null) : null
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 10 ? value : null
}

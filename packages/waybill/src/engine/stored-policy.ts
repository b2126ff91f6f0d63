// A job's policy as the JSON text that engines keep. Policies are few and shared by thousands of jobs: each is encoded and
// decoded once.
import { defaultPolicy } from '../job/policy.ts'
import type { JobPolicy } from '../job/record.ts'

const encoded = new WeakMap<JobPolicy, string | null>()
const decoded = new Map<string, JobPolicy>()
const decodedMost = 1_000

/** Null when it is the default in every member. */
export function encodePolicy(policy: JobPolicy): string | null {
  const known = encoded.get(policy)
  if (known !== undefined) return known
  const json = policyJson(policy)
  const answer = json === policyJson(defaultPolicy) ? null : json
  encoded.set(policy, answer)
  return answer
}

/** The default for what is no text. */
export function decodePolicy(json: unknown): JobPolicy {
  if (typeof json !== 'string') return defaultPolicy
  const known = decoded.get(json)
  if (known) return known
  const members: Record<string, number | null> = JSON.parse(json)
  const policy = policyOf(members)
  if (decoded.size >= decodedMost) decoded.clear()
  decoded.set(json, policy)
  return policy
}

function policyJson({ retry, ...rest }: JobPolicy): string {
  return JSON.stringify({
    max_attempts: retry.maxAttempts,
    backoff_ms: retry.backoffMs,
    factor: retry.factor,
    max_ms: retry.maxMs,
    jitter: retry.jitter,
    timeout_ms: rest.timeoutMs,
    soft_timeout_ms: rest.softTimeoutMs,
    retention_ms: rest.retentionMs,
    retention_failed_ms: rest.retentionFailedMs,
    start_within_ms: rest.startWithinMs,
    max_losses: rest.maxLosses,
  })
}

function policyOf(p: Record<string, number | null>): JobPolicy {
  const number = (key: string): number => Number(p[key])
  return {
    retry: {
      maxAttempts: number('max_attempts'),
      backoffMs: number('backoff_ms'),
      factor: number('factor'),
      maxMs: number('max_ms'),
      jitter: number('jitter'),
    },
    timeoutMs: number('timeout_ms'),
    softTimeoutMs: number('soft_timeout_ms'),
    retentionMs: number('retention_ms'),
    retentionFailedMs: number('retention_failed_ms'),
    startWithinMs: p['start_within_ms'] ?? null,
    ...(typeof p['max_losses'] === 'number' ? { maxLosses: p['max_losses'] } : {}),
  }
}

// The policy of a job: what the caller said, else its type, else the settings. One shared object for all jobs of a type
// that say nothing themselves.
import type { DefinedPolicy, JobDefinition } from '../job/definition.ts'
import { WaybillError } from '../job/errors.ts'
import type { JobPolicy, RetryPolicy } from '../job/record.ts'
import type { SubmitRequest } from './request.ts'

const mostMs = 365 * 24 * 3_600_000

export class Policies {
  readonly #defaults: JobPolicy
  readonly #byType = new Map<string, JobPolicy>()

  constructor(defaults: JobPolicy) {
    this.#defaults = defaults
  }

  of(definition: Pick<JobDefinition, 'type' | 'policy'>, request: SubmitRequest, now: number): JobPolicy {
    const base = this.#ofType(definition)
    return saysNothing(request) ? base : checked(withRequest(base, request, now), request)
  }

  #ofType({ type, policy }: Pick<JobDefinition, 'type' | 'policy'>): JobPolicy {
    let made = this.#byType.get(type)
    if (!made) this.#byType.set(type, (made = merged(this.#defaults, policy)))
    return made
  }
}

function merged(base: JobPolicy, { retry, retentionMs, ...times }: DefinedPolicy): JobPolicy {
  const kept = retentionMs === undefined ? {} : { retentionMs, retentionFailedMs: retentionMs }
  const limits =
    times.timeoutMs === undefined ? { timeoutMs: Math.max(base.timeoutMs, (times.softTimeoutMs ?? 0) + 1) } : {}
  return { ...base, ...limits, ...times, ...kept, retry: withRetry(base.retry, retry) }
}

function saysNothing(r: SubmitRequest): boolean {
  return (
    r.timeoutMs === undefined &&
    r.softTimeoutMs === undefined &&
    r.retry === undefined &&
    r.retentionMs === undefined &&
    r.startBy === undefined
  )
}

function withRequest(base: JobPolicy, r: SubmitRequest, now: number): JobPolicy {
  const timeoutMs = r.timeoutMs ?? base.timeoutMs
  const softTimeoutMs = r.softTimeoutMs ?? Math.min(base.softTimeoutMs, Math.floor((timeoutMs * 5) / 6))
  return {
    ...base,
    timeoutMs,
    softTimeoutMs,
    retentionMs: r.retentionMs ?? base.retentionMs,
    retentionFailedMs: r.retentionMs ?? base.retentionFailedMs,
    startWithinMs: r.startBy === undefined ? base.startWithinMs : Math.max(0, r.startBy - now),
    retry: withRetry(base.retry, r.retry),
  }
}

// A first wait that is longer than the longest one by default was meant: the longest gives way.
function withRetry(base: RetryPolicy, said: Partial<RetryPolicy> = {}): RetryPolicy {
  const retry = { ...base, ...said }
  return said.maxMs === undefined ? { ...retry, maxMs: Math.max(retry.maxMs, retry.backoffMs) } : retry
}

function checked(policy: JobPolicy, request: SubmitRequest): JobPolicy {
  const fault = policyFault(policy)
  if (fault) throw new WaybillError('bad_request', `job "${request.type}": ${fault.detail}`, { errors: [fault] })
  return policy
}

function policyFault(p: JobPolicy): { pointer: string; detail: string } | null {
  if (!(p.timeoutMs >= 1 && p.timeoutMs <= mostMs))
    return { pointer: '/timeout_ms', detail: `timeout is 1 ms to 365 d, got ${p.timeoutMs}` }
  if (!(p.softTimeoutMs < p.timeoutMs))
    return { pointer: '/soft_timeout_ms', detail: 'the soft timeout must be shorter than the timeout' }
  if (!(p.retentionMs >= 0 && p.retentionMs <= 10 * mostMs))
    return { pointer: '/retention_ms', detail: `retention is 0 to 3650 d, got ${p.retentionMs}` }
  return retryFault(p.retry)
}

function retryFault(r: RetryPolicy): { pointer: string; detail: string } | null {
  if (!(Number.isInteger(r.maxAttempts) && r.maxAttempts >= 1 && r.maxAttempts <= 100))
    return { pointer: '/retry/max_attempts', detail: 'max_attempts is 1–100' }
  if (!(r.backoffMs >= 0 && r.backoffMs <= mostMs))
    return { pointer: '/retry/backoff_ms', detail: 'backoff is 0 to 365 d' }
  if (!(r.factor >= 1 && r.factor <= 100)) return { pointer: '/retry/factor', detail: 'factor is 1–100' }
  if (!(r.maxMs >= 0 && r.maxMs <= mostMs)) return { pointer: '/retry/max_ms', detail: 'max_ms is 0 to 365 d' }
  return r.jitter >= 0 && r.jitter <= 1 ? null : { pointer: '/retry/jitter', detail: 'jitter is 0–1' }
}

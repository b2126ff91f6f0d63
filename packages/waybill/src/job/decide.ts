// The one decider: what happened to a job → the Change to store. Pure; no engine holds any of these rules.
//
//   worker    completed · failed · timedOut · released · stopped · slept · waitsFor
//   upkeep    due · leaseRanOut · graceOver · expired
//   people    cancel · forceCancel · retried · signalled
//   subtasks  childEnded
import type { Json } from '../lib/json.ts'
import { systemError, type JobError } from './errors.ts'
import type { Change, Settable } from './change.ts'
import { backoff, cancelGraceMs, maxLosses } from './policy.ts'
import type { ChildCounts, JobRecord } from './record.ts'
import { isEnd, type EndStatus } from './status.ts'
import { errorData, type TimelineEntry, type TimelineType } from './timeline.ts'

/** A number in [0, 1): the chance behind jitter, handed in. */
export type Random = () => number

const blank = { progress: null, progressMessage: null, stage: null, counts: null } as const

/** The handler returned. Holds even when a cancel was asked for: the work is done. */
export function completed(job: JobRecord, fence: number, result: Json): Change {
  return end(job, { fence }, 'completed', 'completed', { result, progress: 1, error: null })
}

/** How a failed attempt goes on: by the job's policy, not at all, or after a delay of the caller's choice. */
export type RetryChoice = 'auto' | 'never' | { delayMs: number }

/** The handler threw. Cancel asked for → cancelled; not retryable, or fails used up → failed; else scheduled again. */
export function failed(
  job: JobRecord,
  fence: number,
  error: JobError,
  random: Random,
  retry: RetryChoice = 'auto',
): Change {
  const expect = { fence, cancelRequested: job.cancelRequestedAt !== null }
  const fails = job.fails + 1
  const timedOut = error.code === 'timeout' ? { timed_out: true } : {}
  if (expect.cancelRequested) return cancelled(job, expect, { fails })
  if (isFinal(job, error, fails, retry)) {
    return end(job, expect, 'failed', 'failed', { fails, error }, { error: errorData(error), ...timedOut })
  }
  const delayMs = typeof retry === 'object' ? retry.delayMs : backoff(job.policy.retry, fails, random)
  return {
    id: job.id,
    expect,
    to: 'scheduled',
    set: { ...blank, fails, error, waitReason: 'retry' },
    runInMs: delayMs,
    event: {
      type: 'retry_scheduled',
      data: { attempt: job.attempt, delay_ms: delayMs, error: errorData(error), ...timedOut },
    },
  }
}

function isFinal(job: JobRecord, error: JobError, fails: number, retry: RetryChoice): boolean {
  return retry === 'never' || (retry === 'auto' && !error.retryable) || fails >= job.policy.retry.maxAttempts
}

/** The hard limit passed: counts as a fail, and the lease ends with the write. */
export function timedOut(job: JobRecord, fence: number, ref: string, random: Random): Change {
  return failed(job, fence, systemError('timeout', ref, `no end after ${job.policy.timeoutMs} ms`), random)
}

/**
 * A worker gives a job back unharmed (shutdown, or never begun): nothing is charged. With a delay it waits before it is
 * taken again. `began`: its handler had begun.
 */
export function released(job: JobRecord, fence: number, reason: string, delayMs = 0, began = false): Change {
  return {
    id: job.id,
    expect: { fence, cancelRequested: false },
    to: delayMs > 0 ? 'scheduled' : 'pending',
    ...(delayMs > 0 ? { runInMs: delayMs } : {}),
    set: { ...blank, attempt: Math.max(0, job.attempt - 1), waitReason: delayMs > 0 ? 'delay' : null },
    event: { type: 'released', data: { reason, ...(began ? { began } : {}) } },
  }
}

/** The handler stopped because a cancel was asked for. */
export function stopped(job: JobRecord, fence: number): Change {
  return cancelled(job, { fence }, {})
}

/** A durable sleep: the worker is free until then, and nothing is charged. */
export function slept(job: JobRecord, fence: number, ms: number): Change {
  return {
    id: job.id,
    expect: { fence, cancelRequested: false },
    to: 'scheduled',
    runInMs: ms,
    set: { attempt: Math.max(0, job.attempt - 1), waitReason: 'delay' },
    event: { type: 'slept', data: { ms } },
  }
}

/** The handler waits for its subtasks or for a signal; the worker is free meanwhile. */
export function waitsFor(
  job: JobRecord,
  fence: number,
  what: 'children' | 'signal',
  children: ChildCounts | null = null,
): Change {
  return {
    id: job.id,
    expect: { fence, cancelRequested: false },
    to: 'waiting',
    set: { attempt: Math.max(0, job.attempt - 1), waitReason: what, children },
    event: { type: 'waits', data: { for: what } },
  }
}

/** `runAt` has come. One that waits for a signal goes on without it. */
export function due(job: JobRecord): Change {
  if (job.status === 'waiting') return resumed(job, { timed_out: true })
  return {
    id: job.id,
    expect: { rev: job.rev },
    to: 'pending',
    set: { waitReason: null },
    event: { type: 'due', data: {} },
  }
}

/**
 * The lease ran out. Never begun → back, free of charge. Else a loss: cancel asked for → cancelled; too many → failed;
 * the first goes back at once, later ones after the job's backoff. Losses are not fails: deploys must not fail a job.
 */
export function leaseRanOut(job: JobRecord, ref: string, random: Random): Change {
  const fence = job.lease?.fence ?? job.fence
  const expect = { fence, leaseExpired: true, cancelRequested: job.cancelRequestedAt !== null } as const
  if (expect.cancelRequested) return cancelled(job, expect, { losses: job.losses + 1 }, true)
  if (job.lease?.held) return { ...released(job, fence, 'worker lost before the job began'), expect }
  return lost(job, expect, ref, random)
}

function lost(job: JobRecord, expect: Change['expect'], ref: string, random: Random): Change {
  const losses = job.losses + 1
  const worker = job.lease?.workerId ?? null
  if (losses > (job.policy.maxLosses ?? maxLosses)) {
    const error = systemError(
      losses > 1 ? 'worker_crashed' : 'lease_expired',
      ref,
      `lost ${losses} workers, the last was ${worker}`,
    )
    return end(job, expect, 'failed', 'failed', { losses, error }, { error: errorData(error), lost: true })
  }
  const delayMs = losses === 1 ? 0 : backoff(job.policy.retry, losses - 1, random)
  return {
    id: job.id,
    expect,
    to: delayMs === 0 ? 'pending' : 'scheduled',
    runInMs: delayMs,
    set: { ...blank, losses, waitReason: delayMs === 0 ? null : 'retry' },
    event: { type: 'lost', data: { worker_id: worker, losses, delay_ms: delayMs } },
  }
}

/** The grace of a cancel request is over and the worker has not stopped: the lease is revoked. */
export function graceOver(job: JobRecord): Change {
  return cancelled(job, { fence: job.fence, cancelRequested: true }, {})
}

/** Not started in time (`start_by`). With a fence: a worker has it, but has not begun; nothing is charged. */
export function expired(job: JobRecord, ref: string, fence?: number): Change {
  const error = systemError('expired', ref)
  const unharmed = fence === undefined ? {} : { attempt: Math.max(0, job.attempt - 1), startedAt: null }
  const expect = fence === undefined ? { rev: job.rev } : { fence }
  const set = { ...unharmed, error, waitReason: null }
  return end(job, expect, 'failed', 'expired', set, { error: errorData(error) })
}

/** Whether a job that a worker is about to begin may have missed its `start_by`; `startsAnew` of its timeline decides. */
export function mayBeLate({ policy, createdAt, attempt, fails, losses }: JobRecord, now: number): boolean {
  const first = attempt <= 1 && fails === 0 && losses === 0
  return policy.startWithinMs !== null && first && createdAt + policy.startWithinMs <= now
}

/** `start_by` is about the first start: an explicit retry, or going on after a wait, may come when it will. */
export function startsAnew(timeline: readonly Pick<TimelineEntry, 'type' | 'data'>[]): boolean {
  return timeline.some(
    ({ type, data }) =>
      type === 'retried' || type === 'slept' || type === 'waits' || (type === 'released' && data['began'] === true),
  )
}

export interface CancelWish {
  reason?: string | null
  /** `force` revokes the lease at once. Default `cooperative`. */
  mode?: 'cooperative' | 'force'
  /** How long a running job may take to stop. Default 30 s. */
  graceMs?: number
}

/** Somebody asks for an end. Null when the job has ended already. A running job is flagged unless `force`. */
export function cancel(job: JobRecord, wish: CancelWish = {}): Change | null {
  if (isEnd(job.status)) return null
  const cancelReason = wish.reason ?? job.cancelReason
  if (job.status !== 'processing') return cancelled(job, { rev: job.rev }, { cancelReason })
  if (wish.mode === 'force') return cancelled(job, { fence: job.fence }, { cancelReason })
  return {
    id: job.id,
    expect: { fence: job.fence },
    to: 'processing',
    set: { cancelReason },
    graceMs: wish.graceMs ?? cancelGraceMs,
    event: { type: 'cancel_requested', data: { reason: cancelReason } },
  }
}

/** An explicit retry of an ended job: counters start anew, rev and fence go on. Null when the job has not ended. */
export function retried(job: JobRecord, input?: Json): Change | null {
  if (!isEnd(job.status)) return null
  return {
    id: job.id,
    expect: { rev: job.rev },
    to: 'pending',
    ...(input === undefined ? {} : { input }),
    set: {
      ...blank,
      attempt: 0,
      fails: 0,
      losses: 0,
      startedAt: null,
      result: null,
      error: null,
      cancelReason: null,
      waitReason: null,
    },
    event: { type: 'retried', data: input === undefined ? {} : { new_input: true } },
  }
}

/** The signal a job waits for has come. Null when it does not wait for one. */
export function signalled(job: JobRecord, name: string): Change | null {
  if (job.status !== 'waiting' || job.waitReason !== 'signal') return null
  return resumed(job, { signal: name })
}

/** One subtask ended: the edge closes once. With none left the parent goes on; `fail` lets it fail with its first failed part. */
export function childEnded(
  parent: JobRecord,
  child: EndStatus,
  onFailure: 'fail' | 'continue',
  ref: string,
): Change | null {
  if (!parent.children || parent.status !== 'waiting') return null
  const children = {
    ...parent.children,
    [child]: parent.children[child] + 1,
    active: parent.children.active - 1,
  }
  if (children.failed > 0 && onFailure === 'fail') {
    const error = systemError('child_failed', ref)
    return end(
      parent,
      { rev: parent.rev },
      'failed',
      'failed',
      { children, error, waitReason: null },
      { error: errorData(error) },
    )
  }
  if (children.active === 0) return resumed(parent, { children: { ...children } }, children)
  return {
    id: parent.id,
    expect: { rev: parent.rev },
    to: 'waiting',
    set: { children },
    event: { type: 'child_ended', data: { status: child, active: children.active } },
  }
}

function resumed(job: JobRecord, data: Change['event']['data'], children = job.children): Change {
  return {
    id: job.id,
    expect: { rev: job.rev },
    to: 'pending',
    set: { waitReason: null, children },
    event: { type: 'resumed', data },
  }
}

function cancelled(job: JobRecord, expect: Change['expect'], set: Partial<Settable>, lost = false): Change {
  const reason = set.cancelReason ?? job.cancelReason
  return end(job, expect, 'cancelled', 'cancelled', { ...set, waitReason: null }, { reason, ...(lost ? { lost } : {}) })
}

function end(
  job: JobRecord,
  expect: Change['expect'],
  to: EndStatus,
  type: TimelineType,
  set: Partial<Settable>,
  data: Change['event']['data'] = {},
): Change {
  const keepMs = to === 'failed' ? job.policy.retentionFailedMs : job.policy.retentionMs
  return { id: job.id, expect, to, set, keepMs, event: { type, data } }
}

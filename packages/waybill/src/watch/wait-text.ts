// Why a job that is not running is not running, in one sentence for people. Pure.
import type { QueueRow, WorkerRow } from '../engine/engine.ts'
import type { JobRecord } from '../job/record.ts'
import { spokenDuration } from '../lib/duration.ts'
import { noWait, type Wait } from './entry.ts'

/** What the sentence needs to know beside the job. */
export interface WaitFacts {
  queues: ReadonlyMap<string, QueueRow>
  workers: readonly WorkerRow[]
}

type Why = Pick<Wait, 'reason' | 'text'>

/** True when `waitOf` has to know the queues and workers, and how many are before the job. */
export function isInQueue(job: JobRecord): boolean {
  return job.status === 'pending'
}

/** `ahead`: how many jobs of its queue are taken before it; null: unknown. */
export function waitOf(job: JobRecord, now: number, facts: WaitFacts | null, ahead: number | null = null): Why {
  if (job.status === 'scheduled') return scheduledWait(job, now)
  if (job.status === 'pending') return pendingWait(job, facts, ahead)
  return job.status === 'waiting' ? waitingWait(job, now) : { reason: noWait.reason, text: noWait.text }
}

function scheduledWait(job: JobRecord, now: number): Why {
  const when = fromNow(job.runAt - now)
  if (job.waitReason === 'retry') {
    return { reason: 'retry', text: `Retry ${job.fails + 1} of ${job.policy.retry.maxAttempts} ${when}` }
  }
  if (job.waitReason === 'rate_limit') {
    return { reason: 'rate_limit', text: `Starts ${when}: the rate limit of queue ${job.queue} is reached` }
  }
  return { reason: job.waitReason ?? 'delay', text: `${job.startedAt === null ? 'Starts' : 'Goes on'} ${when}` }
}

function fromNow(left: number): string {
  return left <= 0 ? 'now' : `in ${spokenDuration(left)}`
}

function pendingWait(job: JobRecord, facts: WaitFacts | null, ahead: number | null): Why {
  if (facts?.queues.get(job.queue)?.paused) return { reason: 'paused', text: `Queue ${job.queue} is paused` }
  if (facts && !facts.workers.some((worker) => serves(worker, job.queue))) {
    return { reason: 'no_worker', text: `No worker serves queue ${job.queue}` }
  }
  if (job.waitReason === 'concurrency') {
    return { reason: 'concurrency', text: 'As many jobs as may run at once are running' }
  }
  return { reason: null, text: turnText(ahead) }
}

function turnText(ahead: number | null): string {
  if (ahead === null) return 'Waiting for a free worker'
  if (ahead === 0) return 'Next in line'
  return ahead === 1 ? '1 job is before this one' : `${ahead} jobs are before this one`
}

function waitingWait({ waitReason, children, runAt }: JobRecord, now: number): Why {
  if (waitReason === 'signal')
    return { reason: 'signal', text: `Waiting for a signal; goes on without it ${fromNow(runAt - now)}` }
  return { reason: 'children', text: children ? partsText(children) : 'Waiting for its parts' }
}

function partsText({ total, active }: NonNullable<JobRecord['children']>): string {
  const ended = total - active
  return `Waiting for its parts: ${ended === 0 ? 'none' : ended} of ${total} ${ended > 1 ? 'have' : 'has'} ended`
}

function serves({ queues }: WorkerRow, queue: string): boolean {
  return queues.length === 0 || queues.includes(queue)
}

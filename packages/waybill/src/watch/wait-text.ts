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

/** True when `waitOf` has to know the queues and workers. */
export function needsFacts(job: JobRecord): boolean {
  return job.status === 'pending'
}

export function waitOf(job: JobRecord, now: number, facts: WaitFacts | null): Wait {
  if (job.status === 'scheduled') return scheduledWait(job, now)
  if (job.status === 'pending') return pendingWait(job, facts)
  return job.status === 'waiting' ? waitingWait(job) : noWait
}

function scheduledWait(job: JobRecord, now: number): Wait {
  const left = job.runAt - now
  const when = left <= 0 ? 'now' : `in ${spokenDuration(left)}`
  if (job.waitReason === 'retry') {
    return { reason: 'retry', text: `Retry ${job.fails + 1} of ${job.policy.retry.maxAttempts} ${when}` }
  }
  if (job.waitReason === 'rate_limit') {
    return { reason: 'rate_limit', text: `Starts ${when}: the rate limit of queue ${job.queue} is reached` }
  }
  return { reason: job.waitReason ?? 'delay', text: `Starts ${when}` }
}

function pendingWait(job: JobRecord, facts: WaitFacts | null): Wait {
  if (facts?.queues.get(job.queue)?.paused) return { reason: 'paused', text: `Queue ${job.queue} is paused` }
  if (facts && !facts.workers.some((worker) => serves(worker, job.queue))) {
    return { reason: 'no_worker', text: `No worker serves queue ${job.queue}` }
  }
  if (job.waitReason === 'concurrency') {
    return { reason: 'concurrency', text: 'As many jobs as may run at once are running' }
  }
  return { reason: null, text: 'Waiting for a free worker' }
}

function waitingWait({ waitReason, children }: JobRecord): Wait {
  if (waitReason === 'signal') return { reason: 'signal', text: 'Waiting for a signal' }
  const parts = children ? `${children.total - children.active} of ${children.total} parts have ended` : 'its parts run'
  return { reason: 'children', text: `Waiting for its parts: ${parts}` }
}

function serves({ queues }: WorkerRow, queue: string): boolean {
  return queues.length === 0 || queues.includes(queue)
}

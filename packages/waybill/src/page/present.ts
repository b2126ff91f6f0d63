// What is shown of a job: one state, a percentage, a line and a smaller one. Pure; the element and React show the same.
import type { Job } from '../client/index.ts'
import { spokenDuration } from '../lib/duration.ts'
import { estimateOf } from './estimate.ts'
import type { Connection, Snapshot } from './snapshot.ts'

export type State =
  /** There is no job to show. */
  | 'idle'
  | 'connecting'
  | 'waiting'
  | 'running'
  | 'retrying'
  | 'done'
  | 'failed'
  | 'cancelled'
  /** Not there, or no longer, or the API is not where it is said to be. */
  | 'missing'
  /** The server refuses the token. */
  | 'refused'

export interface Presentation {
  state: State
  /** 0–100, whole; 100 only when it is done. Null: nobody knows. */
  percent: number | null
  text: string
  detail: string | null
  /** The way to the server is lost: this is the last that is known. */
  lost: boolean
  /** Changes with time alone, each second. */
  ticks: boolean
}

type Shown = Pick<Presentation, 'state' | 'text'> & Partial<Presentation>

/** `now`: what the server's clock shows, in milliseconds. */
export function present({ value: job, connection, error }: Snapshot<Job | null>, now: number): Presentation {
  const refused = connection === 'unauthorized'
  const lost = connection === 'offline' || (refused && job !== null)
  const shown = error !== null && !(refused && job) ? ofError(error) : job ? ofJob(job, now) : ofNone(connection)
  return { percent: null, ticks: false, ...shown, lost, detail: (lost && lostText(refused)) || (shown.detail ?? null) }
}

function ofNone(connection: Connection): Shown {
  return connection === 'idle' ? { state: 'idle', text: '' } : { state: 'connecting', text: 'Loading …' }
}

function lostText(refused: boolean): string {
  return refused ? 'No longer allowed to watch' : 'Connection lost, trying again'
}

function ofError({ code, status, detail }: { code: string; status: number; detail: string }): Shown {
  if (status === 401 || status === 403) return { state: 'refused', text: 'Not allowed to see this job', detail }
  if (code === 'not_found') return { state: 'missing', text: 'There is no such job' }
  if (code === 'job_expired') return { state: 'missing', text: 'This job is no longer kept' }
  return { state: 'missing', text: 'Not available', detail }
}

function ofJob(job: Job, now: number): Shown {
  switch (job.status) {
    case 'pending':
    case 'waiting':
      return { state: 'waiting', text: job.waitText ?? 'Waiting', percent: reported(job) }
    case 'scheduled':
      return ofScheduled(job, now)
    case 'processing':
      return ofRunning(job, now)
    case 'completed':
      return { state: 'done', text: 'Done', percent: 100, detail: tookText(job) }
    case 'failed':
      return { state: 'failed', text: job.error?.message ?? 'Failed', percent: reported(job), detail: refText(job) }
    case 'cancelled':
      return { state: 'cancelled', text: 'Cancelled', percent: reported(job), detail: job.cancelReason }
  }
}

// The server's sentence holds a countdown that stood still on the way; hence one of our own where it counts.
function ofScheduled(job: Job, now: number): Shown {
  const when = leftText(Date.parse(job.runAt) - now)
  if (job.waitReason === 'retry') {
    const detail = `Attempt ${job.attempt} of ${job.maxAttempts} did not succeed`
    return { state: 'retrying', text: `Trying again ${when}`, detail, percent: reported(job), ticks: true }
  }
  if (job.waitReason === 'rate_limit') return { state: 'waiting', text: job.waitText ?? 'Waiting' }
  return { state: 'waiting', text: `Starts ${when}`, ticks: true }
}

function leftText(ms: number): string {
  return ms < 1_000 ? 'now' : `in ${spokenDuration(ms)}`
}

function ofRunning(job: Job, now: number): Shown {
  const estimate = estimateOf(job, now)
  const text = job.cancelRequestedAt === null ? (job.progressMessage ?? job.stage ?? 'Running') : 'Stopping …'
  const detail = [countsText(job), againText(job), estimate && `about ${spokenDuration(estimate.leftMs)} left`]
  return {
    state: 'running',
    percent: reported(job) ?? (estimate && percentOf(estimate.progress)),
    text,
    detail: detail.filter((part) => part !== null).join(' · ') || null,
    ticks: estimate !== null,
  }
}

function reported({ progress }: Job): number | null {
  return progress === null ? null : percentOf(progress)
}

function percentOf(progress: number): number {
  return Math.max(0, Math.min(99, Math.floor(progress * 100 + 1e-9)))
}

function countsText({ counts }: Job): string | null {
  if (!counts) return null
  const unit = counts.unit === null ? '' : `${counts.unit} `
  return counts.total === null ? `${unit}${counts.done}` : `${unit}${counts.done} of ${counts.total}`
}

function againText({ attempt, maxAttempts }: Job): string | null {
  return attempt > 1 ? `attempt ${attempt} of ${maxAttempts}` : null
}

function tookText({ durationMs }: Job): string | null {
  return durationMs === null ? null : `took ${spokenDuration(durationMs)}`
}

function refText({ error }: Job): string | null {
  return error ? `Reference ${error.ref}` : null
}

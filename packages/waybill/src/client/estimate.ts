// How far a job is at this moment, from an estimate that came a while ago. Pure; for whoever draws a bar.
import { isEnded, type Job } from './views.ts'

export interface Remaining {
  /** 0 up to 0.99. */
  progress: number
  /** Null: it has run longer than was to be expected, and nobody knows. */
  leftMs: number | null
}

/**
 * `ageMs`: how long ago this view of the job came. Between two views the bar goes on as the estimate says. Goes by the
 * server's times alone: the clock of this machine may be wrong. Null where there is no estimate.
 */
export function remaining(job: Job, ageMs = 0): Remaining | null {
  const { estimate } = job
  if (isEnded(job) || !estimate) return null
  const leftThen = estimate.endsAt === null ? null : Date.parse(estimate.endsAt) - seenAt(job)
  if (leftThen === null || ageMs >= leftThen)
    return { progress: leftThen === null ? estimate.progress : 0.99, leftMs: null }
  const progress = estimate.progress + (1 - estimate.progress) * (ageMs / leftThen)
  return { progress: Math.min(0.99, progress), leftMs: leftThen - ageMs }
}

// What time it was there when this view was made.
function seenAt({ startedAt, durationMs, updatedAt }: Job): number {
  const running = startedAt === null || durationMs === null ? 0 : Date.parse(startedAt) + durationMs
  return Math.max(running, Date.parse(updatedAt))
}

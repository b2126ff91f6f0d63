// How long a running job will take yet, from the estimate that the server may send with it (contract §3): absent when
// too few jobs of the type have run.
import type { Job } from '../client/index.ts'

export interface Remaining {
  leftMs: number
  /** 0–1: how much of the usual time has passed, at least what the server said. */
  progress: number
}

/** Null when the server sent no estimate, or the time is up: then nobody knows. */
export function estimateOf(job: Job, now: number): Remaining | null {
  const estimate = 'estimate' in job ? job.estimate : null
  if (typeof estimate !== 'object' || estimate === null) return null
  const { endsAt, durationMs, progress }: { endsAt?: unknown; durationMs?: unknown; progress?: unknown } = estimate
  const leftMs = Date.parse(String(endsAt)) - now
  if (!(leftMs > 0)) return null
  const told = typeof progress === 'number' ? progress : 0
  const passed = typeof durationMs === 'number' && durationMs > 0 ? 1 - leftMs / durationMs : 0
  return { leftMs, progress: Math.max(told, passed) }
}

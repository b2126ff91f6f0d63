// Debounce: a job that waits is asked for again. The newest input wins, and its wait begins anew, up to a latest time.
import type { Json } from '../lib/json.ts'
import type { Change } from './change.ts'
import type { JobRecord } from './record.ts'

export interface Postponement {
  input: Json
  /** From now. */
  waitMs: number
  /** Since the job was first asked for. */
  maxMs: number
}

/** Null when its time has come already, or it is cancelled: then the next job of the key is another one. */
export function postponed(job: JobRecord, { input, waitMs, maxMs }: Postponement, now: number): Change | null {
  if (job.status !== 'scheduled' || job.waitReason !== 'delay' || job.fence > 0) return null
  const runInMs = Math.max(0, Math.min(waitMs, job.createdAt + maxMs - now))
  return {
    id: job.id,
    expect: { rev: job.rev },
    to: runInMs > 0 ? 'scheduled' : 'pending',
    set: runInMs > 0 ? {} : { waitReason: null },
    input,
    runInMs,
    event: { type: 'debounced', data: { delay_ms: runInMs } },
  }
}

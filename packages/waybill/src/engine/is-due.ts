// For engines that choose overdue jobs in one step and read them in another: somebody else may have seen to one in the
// moment between, and what is read then must not be dealt with again.
import type { JobRecord } from '../job/record.ts'
import { isEnd } from '../job/status.ts'
import type { DueKind } from './engine.ts'

/** `runAt` is when it goes on by itself: of delays, retries and sleeps, and of waits that do not last for ever. */
export function isTimed({ status, waitReason }: Pick<JobRecord, 'status' | 'waitReason'>): boolean {
  return status === 'scheduled' || (status === 'waiting' && waitReason === 'signal')
}

/** Whether time still has `kind` to say about a job, at `now` on the engine's clock. */
export function isDue(kind: DueKind, job: JobRecord, now: number): boolean {
  if (kind === 'run_at') return isTimed(job) && job.runAt <= now
  if (kind === 'lease') return job.lease !== null && job.lease.expiresAt <= now
  if (kind === 'cancel') return job.status === 'processing' && job.cancelBy !== null && job.cancelBy <= now
  return job.startedAt === null && !isEnd(job.status)
}

// A lease as its token says it, made from the job's record.
import type { JobRecord } from '../job/record.ts'
import type { Lease } from './lease-tokens.ts'

/** Null when nobody has the job. */
export function leaseOf({ id, queue, attempt, policy, lease }: JobRecord, leaseMs: number): Lease | null {
  if (lease === null) return null
  return {
    jobId: id,
    workerId: lease.workerId,
    fence: lease.fence,
    queue,
    attempt,
    leaseMs,
    startedAt: lease.startedAt,
    softTimeoutMs: policy.softTimeoutMs,
    timeoutMs: policy.timeoutMs,
  }
}

// Tickets: what a message in a list carries for workers that answer over HTTP. A ticket looks like a lease and has no fence
// yet: the first call with it takes the lease. It is good for one attempt; whoever comes with it later is refused.
import type { JobRecord } from '../job/record.ts'
import { isEnd } from '../job/status.ts'
import { leaseOf } from './lease-of.ts'
import type { Lease } from './lease-tokens.ts'
import { begin, recordsOf, renew, type LeaseParts } from './on-behalf.ts'

const noFence = 0

export function isTicket({ fence }: Lease): boolean {
  return fence === noFence
}

/** For the next attempt of a pending job. */
export function ticketFor({ id, queue, attempt, policy }: JobRecord, workerId: string, leaseMs: number): Lease {
  const { softTimeoutMs, timeoutMs } = policy
  return {
    jobId: id,
    workerId,
    fence: noFence,
    queue,
    attempt: attempt + 1,
    leaseMs,
    startedAt: 0,
    softTimeoutMs,
    timeoutMs,
  }
}

/** The lease that it stands for, taken now if need be; null when the attempt is over or somebody else's. */
export async function redeem(parts: Omit<LeaseParts, 'leaseMs'>, ticket: Lease): Promise<Lease | null> {
  const [record] = await recordsOf(parts.engine, [ticket.jobId])
  if (!record) return null
  if (isEnd(record.status)) return record.attempt === ticket.attempt ? { ...ticket, fence: record.fence } : null
  const { leaseMs, workerId } = ticket
  if (record.attempt + (record.status === 'pending' ? 1 : 0) !== ticket.attempt) return null
  const begun = await begin({ ...parts, leaseMs }, record, workerId)
  if (begun === null || begun.attempt !== ticket.attempt) return null
  await renew({ ...parts, leaseMs }, begun)
  return leaseOf(begun, leaseMs)
}

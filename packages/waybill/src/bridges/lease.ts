// Leases of foreign workers, which know nothing of leases: one is taken in their name when they say that they have begun.
// An engine leases the first jobs of a queue, not one of our choice; as a rule the one that was begun is the first. Those
// snatched in passing were pushed earlier, so most were taken from the list as well and are about to be heard of: they
// stay leased but not begun (which costs nothing when the lease runs out).
import { isGone, type Engine } from '../engine/engine.ts'
import { released } from '../job/decide.ts'
import type { JobRecord } from '../job/record.ts'
import type { NewId } from '../lib/ids.ts'

const mark = 'foreign:'
/** More jobs than this are not snatched for one that was begun. */
const mostSnatched = 200

export interface LeaseParts {
  engine: Engine
  newId: NewId
  /** How long a foreign worker may be silent. */
  leaseMs: number
}

/** Names the workers of a bridge to the store. */
export function foreignWorker(bridge: string): string {
  return `${mark}${bridge}`
}

/** Whether a foreign worker has the job. */
export function isForeign({ lease }: Pick<JobRecord, 'lease'>): boolean {
  return lease?.workerId.startsWith(mark) ?? false
}

/** Taken in passing and not begun, as far as is known. */
export function isSnatched(record: JobRecord): boolean {
  return isForeign(record) && record.lease?.held === true
}

/** The job under a lease that has begun; null when it cannot be had (somebody else runs it, it ended, its queue rests). */
export async function begin(parts: LeaseParts, record: JobRecord, workerId: string): Promise<JobRecord | null> {
  const held = isForeign(record) ? record : record.status === 'pending' ? await take(parts, record, workerId) : null
  if (!held?.lease) return null
  await renew(parts, held)
  return held
}

/** A sign of life. */
export async function renew({ engine, leaseMs }: LeaseParts, { lease }: JobRecord): Promise<void> {
  if (lease)
    await engine.extend({ workerId: lease.workerId, leaseMs, leases: [{ fence: lease.fence, begun: 1 }], jobs: [] })
}

/** Gives back what was snatched: nothing is charged. */
export async function giveBack(engine: Engine, records: readonly JobRecord[]): Promise<void> {
  const snatched = records.filter(isSnatched)
  if (snatched.length > 0)
    await engine.apply(snatched.map((record) => released(record, record.lease?.fence ?? 0, 'not begun')))
}

async function take(
  { engine, newId, leaseMs }: LeaseParts,
  { id, queue }: JobRecord,
  workerId: string,
): Promise<JobRecord | null> {
  for (let i = 0; i < mostSnatched; i++) {
    const { jobs } = await engine.claim({ workerId, queues: [queue], max: 1, leaseMs, claimId: newId(), begins: 0 })
    const [job] = jobs
    if (!job) break
    if (job.record.id === id) return job.record
  }
  const [found = null] = await engine.get([id])
  return found && !isGone(found) && isForeign(found.record) ? found.record : null
}

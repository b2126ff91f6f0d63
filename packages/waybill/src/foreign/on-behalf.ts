// Leases on behalf of workers that know of none: one is taken in their name when they say that they have begun.
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
  return `${mark}${bridge.replaceAll(/[^\w.:-]+/g, '-').slice(0, 50)}`
}

/** Whether a foreign worker has the job. */
function isForeign({ lease }: Pick<JobRecord, 'lease'>): boolean {
  return lease?.workerId.startsWith(mark) ?? false
}

/** Taken in passing and not begun, as far as is known. */
export function isSnatched(record: JobRecord): boolean {
  return isForeign(record) && record.lease?.held === true
}

/** The job under a lease of a foreign worker; null when it cannot be had (somebody else runs it, it ended, its queue rests). */
export async function begin(parts: LeaseParts, record: JobRecord, workerId: string): Promise<JobRecord | null> {
  if (isForeign(record)) return record
  return record.status === 'pending' ? take(parts, record, workerId) : null
}

/** A sign of life: the job has begun, if it had not. */
export async function renew({ engine, leaseMs }: LeaseParts, { lease }: JobRecord): Promise<void> {
  if (lease)
    await engine.extend({ workerId: lease.workerId, leaseMs, leases: [{ fence: lease.fence, begun: 1 }], jobs: [] })
}

/** Gives back those of these jobs that are snatched still: nothing is charged. */
export async function giveBackSnatched(engine: Engine, ids: string[]): Promise<void> {
  const snatched = (await recordsOf(engine, ids)).filter(isSnatched)
  if (snatched.length > 0)
    await engine.apply(snatched.map((record) => released(record, record.lease?.fence ?? 0, 'not begun')))
}

async function take(parts: LeaseParts, { id, queue }: JobRecord, workerId: string): Promise<JobRecord | null> {
  const { engine, newId, leaseMs } = parts
  for (let i = 0; i < mostSnatched; i++) {
    const { jobs } = await engine.claim({ workerId, queues: [queue], max: 1, leaseMs, claimId: newId(), begins: 0 })
    if (jobs[0]?.record.id === id) return jobs[0].record
    const [now] = await recordsOf(engine, [id]) // somebody else may have it
    if (now?.status !== 'pending') return now && isForeign(now) ? now : null
    if (jobs.length === 0) return null
  }
  return null
}

/** Those that are there. */
export async function recordsOf(engine: Pick<Engine, 'get'>, ids: string[]): Promise<JobRecord[]> {
  const found = ids.length === 0 ? [] : await engine.get(ids)
  return found.flatMap((one) => (one === null || isGone(one) ? [] : one.record))
}

// A heartbeat of a worker elsewhere: renews what it still holds, takes along its progress, and tells of each lease whether it
// stands, whether to stop, and whether time is running out. Past the hard limit the lease ends here: only heartbeats renew it.
import type { ProgressNote } from '../job/progress.ts'
import type { Lease } from './lease-tokens.ts'
import { isOverdue, type ForeignParts } from './parts.ts'
import { find, timeOut } from './settle.ts'

export interface Beat {
  lease: Lease
  /** Null: nothing to say. */
  note: ProgressNote | null
}

export interface Standing {
  stands: boolean
  /** A cancel has been asked for. */
  cancel: boolean
  /** The soft limit has passed. */
  softTimeout: boolean
}

const lost: Standing = { stands: false, cancel: false, softTimeout: false }

/** How each lease stands, in order. */
export async function beat(parts: ForeignParts, workerId: string, beats: Beat[]): Promise<Standing[]> {
  const now = parts.engine.now()
  const overdue = beats.filter(({ lease }) => isOverdue(lease, now))
  for (const { lease } of overdue) await revoke(parts, lease)
  const timely = newest(beats.filter((one) => !overdue.includes(one)))
  await say(parts, timely)
  const { gone, cancelled } = await renew(
    parts,
    workerId,
    timely.map(({ lease }) => lease),
  )
  return beats.map((one) => {
    const { jobId, startedAt, softTimeoutMs } = one.lease
    if (!timely.includes(one) || gone.has(jobId)) return lost
    return { stands: true, cancel: cancelled.has(jobId), softTimeout: now - startedAt >= softTimeoutMs }
  })
}

async function revoke(parts: ForeignParts, lease: Lease): Promise<void> {
  const job = await find(parts, lease)
  if (job?.record.lease?.fence === lease.fence) await timeOut(parts, lease, job.record)
}

async function say({ engine }: ForeignParts, beats: Beat[]): Promise<void> {
  const notes = beats.flatMap(({ lease, note }) => (note ? [{ id: lease.jobId, fence: lease.fence, ...note }] : []))
  if (notes.length > 0) await engine.note(notes)
}

// A worker may hold a job anew while it has not noticed that its older lease of it is over.
function newest(beats: Beat[]): Beat[] {
  const fences = new Map<string, number>()
  for (const { lease } of beats) fences.set(lease.jobId, Math.max(lease.fence, fences.get(lease.jobId) ?? 0))
  return beats.filter(({ lease }) => fences.get(lease.jobId) === lease.fence)
}

// One call for each length of lease; as a rule a worker has but one.
async function renew(
  { engine }: ForeignParts,
  workerId: string,
  leases: Lease[],
): Promise<{ gone: Set<string>; cancelled: Set<string> }> {
  const gone = new Set<string>()
  const cancelled = new Set<string>()
  if (leases.length === 0) await engine.extend({ workerId, leaseMs: 1, leases: [], jobs: [] }) // it lives, and is idle
  for (const [leaseMs, alike] of Map.groupBy(leases, (lease) => lease.leaseMs)) {
    const jobs = alike.map(({ jobId: id, fence }) => ({ id, fence }))
    const { lost: ids, cancel } = await engine.extend({
      workerId,
      leaseMs,
      leases: alike.map(({ fence }) => ({ fence, begun: 1 })),
      jobs,
    })
    for (const id of ids) gone.add(id)
    for (const id of cancel) cancelled.add(id)
  }
  return { gone, cancelled }
}

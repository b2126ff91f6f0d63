// claim: pending jobs become processing, best first, all under one new fence. The same claim again is answered, not made.
import type { Claimed, ClaimRequest, LeasedJob } from '../../engine.ts'
import type { Kept, Store } from './store.ts'

export function claim(store: Store, request: ClaimRequest, now: number): Claimed {
  for (const { fence, begun } of request.begun ?? []) begin(store, fence, begun)
  const same = standing(store, request)
  if (same !== null) return { fence: same, jobs: store.leasedUnder(same).map((kept) => leased(store, kept)) }
  const chosen = runnable(store, request.queues).slice(0, request.max)
  return chosen.length === 0 ? { fence: 0, jobs: [] } : lease(store, request, chosen, now)
}

/** Says that the worker may have begun so many jobs of a claim. Never takes that back. */
export function begin(store: Store, fence: number, begun: number): void {
  const row = store.leases.get(fence)
  if (row) row.begun = Math.max(row.begun, begun)
}

// The fence of this very claim, while any of its jobs is still leased under it. Claim ids are the worker's own.
function standing(store: Store, { claimId, workerId }: ClaimRequest): number | null {
  const isSame = [...store.leases.values()].filter((row) => row.claimId === claimId && row.workerId === workerId)
  return isSame.find(({ fence }) => store.leasedUnder(fence).length > 0)?.fence ?? null
}

/** How many of its queue would be taken before this one, were the queue not paused. */
export function ahead(store: Store, id: string): number | null {
  const own = store.jobs.get(id)
  if (own?.record.status !== 'pending') return null
  const isBefore = (kept: Kept) =>
    kept.record.status === 'pending' && kept.record.queue === own.record.queue && order(kept, own) < 0
  const n = store.all().filter(isBefore).length
  return n < 1_000 ? n : null
}

function order(a: Kept, b: Kept): number {
  return b.record.priority - a.record.priority || a.ticket - b.ticket
}

// Higher priority first, first in first out within one; named queues in the order named; paused queues not at all.
function runnable(store: Store, queues: string[]): Kept[] {
  const served = store
    .all()
    .filter(({ record }) => record.status === 'pending' && !store.isPaused(record.queue))
    .toSorted(order)
  const inQueue = (queue: string) => served.filter(({ record }) => record.queue === queue)
  return queues.length === 0 ? served : [...new Set(queues)].flatMap(inQueue)
}

function lease(store: Store, request: ClaimRequest, chosen: Kept[], now: number): Claimed {
  const { workerId, claimId, leaseMs, begins } = request
  const fence = ++store.fence
  const expiresAt = now + leaseMs
  store.leases.set(fence, { fence, workerId, claimId, startedAt: now, heartbeatAt: now, expiresAt, begun: begins })
  for (const [place, kept] of chosen.entries()) take(kept, place, fence, workerId, now)
  return { fence, jobs: chosen.map((kept) => leased(store, kept)) }
}

function take(kept: Kept, place: number, fence: number, workerId: string, now: number): void {
  const { record } = kept
  const rev = record.rev + 1
  const attempt = record.attempt + 1
  kept.place = place
  kept.startBy = null
  kept.record = {
    ...record,
    rev,
    attempt,
    fence,
    status: 'processing',
    waitReason: null,
    startedAt: now,
    updatedAt: now,
  }
  kept.timeline.push({ seq: rev, at: now, type: 'claimed', data: { attempt, fence, worker_id: workerId } })
}

function leased(store: Store, kept: Kept): LeasedJob {
  return { record: store.shown(kept), inputJson: kept.inputJson, steps: [...kept.steps] }
}

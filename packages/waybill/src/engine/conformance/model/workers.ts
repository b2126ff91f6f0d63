// extend, enrol: leases are renewed by fence, for their own worker alone, and never shortened.
import type { Extended, ExtendRequest, WorkerInfo } from '../../engine.ts'
import { begin } from './claim.ts'
import type { Store } from './store.ts'

export function extend(store: Store, { workerId, leaseMs, leases, jobs }: ExtendRequest, now: number): Extended {
  for (const { fence, begun } of leases) renew(store, workerId, fence, begun, now, leaseMs)
  const worker = store.workers.get(workerId)
  if (worker) store.workers.set(workerId, { ...worker, heartbeatAt: now, expiresAt: now + worker.ttlMs })
  const lost = jobs.filter(({ id, fence }) => !store.leasedAs(id, fence))
  const cancel = jobs.filter(({ id, fence }) => (store.leasedAs(id, fence)?.record.cancelRequestedAt ?? null) !== null)
  return { lost: lost.map(({ id }) => id), cancel: cancel.map(({ id }) => id) }
}

// Lateness alone never refuses: the fence is the guard.
function renew(store: Store, workerId: string, fence: number, begun: number, now: number, leaseMs: number): void {
  const row = store.leases.get(fence)
  if (row?.workerId !== workerId) return
  row.expiresAt = Math.max(row.expiresAt, now + leaseMs)
  row.heartbeatAt = now
  begin(store, fence, begun)
}

export function enrol(store: Store, worker: WorkerInfo, ttlMs: number, now: number): void {
  const startedAt = store.workers.get(worker.id)?.startedAt ?? now
  if (ttlMs <= 0) store.workers.delete(worker.id)
  else store.workers.set(worker.id, { ...worker, ttlMs, startedAt, heartbeatAt: now, expiresAt: now + ttlMs })
}

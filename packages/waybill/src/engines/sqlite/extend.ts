// extend, enrol: leases renewed by fence, workers made known. Runs inside a transaction.
import type { Extended, ExtendRequest, WorkerInfo } from '../../engine/engine.ts'
import type { Tx } from './tx.ts'

const renewLease = `
UPDATE leases SET expires_at = max(expires_at, ?), heartbeat_at = ?, begun = max(begun, ?) WHERE fence = ? AND worker_id = ?`
const markBegun = 'UPDATE leases SET begun = max(begun, ?) WHERE fence = ?'
const renewWorker = 'UPDATE workers SET heartbeat_at = ?, expires_at = ? + ttl WHERE id = ?'
const standing = `
SELECT d.fence, l.cancel_requested_at FROM jobs j JOIN leased d ON d.seq = j.seq LEFT JOIN live l ON l.seq = j.seq WHERE j.id = ?`
const putWorker = `
INSERT INTO workers (id, name, queues, slots, ttl, started_at, heartbeat_at, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET name = excluded.name, queues = excluded.queues, slots = excluded.slots, ttl = excluded.ttl,
  heartbeat_at = excluded.heartbeat_at, expires_at = excluded.expires_at`
const dropWorker = 'DELETE FROM workers WHERE id = ?'

export function extend(tx: Tx, { workerId, leaseMs, leases, jobs }: ExtendRequest): Extended {
  for (const { fence, begun } of leases) tx.db.sql(renewLease).run(tx.now + leaseMs, tx.now, begun, fence, workerId)
  tx.db.sql(renewWorker).run(tx.now, tx.now, workerId)
  const answer: Extended = { lost: [], cancel: [] }
  for (const { id, fence } of jobs) {
    const row = tx.db.sql(standing).get(id)
    if (row?.['fence'] !== fence) answer.lost.push(id)
    else if (row['cancel_requested_at'] !== null) answer.cancel.push(id)
  }
  return answer
}

/** Notes how many jobs of a claim have been begun. */
export function begin(tx: Tx, begun: { fence: number; begun: number }[]): void {
  for (const one of begun) tx.db.sql(markBegun).run(one.begun, one.fence)
}

export function enrol(tx: Tx, worker: WorkerInfo, ttlMs: number): void {
  if (ttlMs <= 0) tx.db.sql(dropWorker).run(worker.id)
  else
    tx.db
      .sql(putWorker)
      .run(worker.id, worker.name, JSON.stringify(worker.queues), worker.slots, ttlMs, tx.now, tx.now, tx.now + ttlMs)
}

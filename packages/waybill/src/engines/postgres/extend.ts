// extend, enrol: leases renewed by fence, workers made known.
import { text } from '../../engine/stored-rows.ts'
import type { Extended, ExtendRequest, WorkerInfo } from '../../engine/engine.ts'
import { instant } from './clock.ts'
import type { Store } from './store.ts'

const renew = `
WITH t AS MATERIALIZED (${instant('$1')}),
asked AS MATERIALIZED (
  SELECT l.fence, b.begun FROM wb.leases l JOIN unnest($4::bigint[], $5::int[]) AS b (fence, begun) ON b.fence = l.fence
  WHERE l.worker_id = $2 ORDER BY l.fence FOR UPDATE OF l),
renewed AS (
  UPDATE wb.leases l SET expires_at = greatest(l.expires_at, now + $3::bigint), heartbeat_at = now, begun = greatest(l.begun, a.begun)
  FROM asked a, t WHERE l.fence = a.fence),
seen AS (UPDATE wb.workers w SET heartbeat_at = now, expires_at = now + w.ttl FROM t WHERE w.id = $2)
SELECT t.now, j.n, d.fence, v.cancel_requested_at
FROM t LEFT JOIN unnest($6::text[]) WITH ORDINALITY AS j (id, n) ON true
LEFT JOIN LATERAL (SELECT seq FROM wb.ids WHERE id = j.id LIMIT 1) i ON true
LEFT JOIN LATERAL (SELECT fence FROM wb.leased WHERE seq = i.seq LIMIT 1) d ON true
LEFT JOIN LATERAL (SELECT cancel_requested_at FROM wb.live WHERE seq = i.seq LIMIT 1) v ON true
ORDER BY j.n`
const putWorker = `
INSERT INTO wb.workers (id, name, queues, slots, ttl, started_at, heartbeat_at, expires_at)
SELECT $2, $3, $4, $5::int, $6::bigint, now, now, now + $6::bigint FROM (${instant('$1')}) t
ON CONFLICT (id) DO UPDATE SET name = excluded.name, queues = excluded.queues, slots = excluded.slots, ttl = excluded.ttl,
  heartbeat_at = excluded.heartbeat_at, expires_at = excluded.expires_at`
const dropWorker = 'DELETE FROM wb.workers WHERE id = $1'

export async function extend(store: Store, { workerId, leaseMs, leases, jobs }: ExtendRequest): Promise<Extended> {
  const ordered = leases.toSorted((a, b) => a.fence - b.fence)
  const rows = await store.db.rows(renew, [
    store.clock.offset,
    workerId,
    leaseMs,
    ordered.map(({ fence }) => fence),
    ordered.map(({ begun }) => begun),
    jobs.map(({ id }) => id),
  ])
  store.clock.saw(rows[0]?.['now'])
  const answer: Extended = { lost: [], cancel: [] }
  for (const [i, { id, fence }] of jobs.entries()) {
    const row = rows[i]
    if (row?.['fence'] !== fence) answer.lost.push(id)
    else if (row['cancel_requested_at'] !== null) answer.cancel.push(id)
  }
  return answer
}

export async function enrol(store: Store, worker: WorkerInfo, ttlMs: number): Promise<void> {
  const { id, name, queues, slots } = worker
  if (ttlMs <= 0) await store.db.rows(dropWorker, [text(id)])
  else await store.db.rows(putWorker, [store.clock.offset, id, name, JSON.stringify(queues), slots, ttlMs])
}

// get, revs and the other plain reads.
import { numberOrNull, parsed, text, textOrNull } from '../../engine/stored-rows.ts'
import type { Include, JobDetails, QueueRow, Tombstone, WorkerRow } from '../../engine/engine.ts'
import { instant } from './clock.ts'
import { detailsOf, loadByIds } from './load.ts'
import type { Store } from './store.ts'
import { countsFrom } from './write.ts'

const buried = `SELECT id, user_id FROM wb.tombstones, (${instant('$1')}) t WHERE id = ANY($2) AND expires_at > now`
const revsOf = `
SELECT i.id, coalesce(d.rev, l.rev, CASE WHEN x.seq IS NULL THEN 1 ELSE 2 END) AS rev FROM wb.ids i
LEFT JOIN LATERAL (SELECT rev FROM wb.done WHERE seq = i.seq LIMIT 1) d ON true
LEFT JOIN LATERAL (SELECT rev FROM wb.live WHERE seq = i.seq LIMIT 1) l ON true
LEFT JOIN LATERAL (SELECT seq FROM wb.leased WHERE seq = i.seq LIMIT 1) x ON true
WHERE i.id = ANY($1)`
const allQueues = `
WITH paused AS (SELECT key FROM wb.docs WHERE kind = 'queue' AND paused),
known AS (
  SELECT queue, sum(scheduled)::bigint AS scheduled, sum(pending)::bigint AS pending, sum(waiting)::bigint AS waiting,
    sum(processing)::bigint AS processing, sum(completed)::bigint AS completed, sum(failed)::bigint AS failed,
    sum(cancelled)::bigint AS cancelled FROM wb.tallies GROUP BY queue)
SELECT coalesce(k.queue, p.key) AS queue, p.key IS NOT NULL AS paused, k.scheduled, k.pending, k.waiting, k.processing,
  k.completed, k.failed, k.cancelled, j.created_at AS oldest
FROM known k FULL JOIN paused p ON p.key = k.queue
LEFT JOIN LATERAL (SELECT min(seq) AS seq FROM wb.ready WHERE queue = k.queue AND k.pending > 0) r ON true
LEFT JOIN LATERAL (SELECT created_at FROM wb.jobs WHERE seq = r.seq LIMIT 1) j ON true
ORDER BY 1`
const allWorkers = `SELECT w.* FROM wb.workers w, (${instant('$1')}) t WHERE w.expires_at > now ORDER BY w.started_at, w.id`

export async function get(store: Store, ids: string[], include: Include): Promise<(JobDetails | Tombstone | null)[]> {
  const stored = new Map((await loadByIds(store.db, ids, include)).map((job) => [job.record.id, job]))
  const others = ids.filter((id) => !stored.has(id))
  const gone = others.length === 0 ? new Map<string, Tombstone>() : await tombstones(store, others)
  return ids.map((id) => {
    const job = stored.get(id)
    return job ? detailsOf(job, include) : (gone.get(id) ?? null)
  })
}

async function tombstones({ db, clock }: Store, ids: string[]): Promise<Map<string, Tombstone>> {
  const rows = await db.rows(buried, [clock.offset, ids])
  return new Map(rows.map((row) => [text(row['id']), { gone: true, userId: textOrNull(row['user_id']) }]))
}

export async function revs({ db }: Store, ids: string[]): Promise<(number | null)[]> {
  const rows = await db.rows(revsOf, [ids])
  const found = new Map(rows.map((row) => [row['id'], Number(row['rev'])]))
  return ids.map((id) => found.get(id) ?? null)
}

export async function queues({ db }: Store): Promise<QueueRow[]> {
  const rows = await db.rows(allQueues)
  return rows.map((row) => ({
    queue: text(row['queue']),
    paused: row['paused'] === true,
    oldestPendingAt: numberOrNull(row['oldest']),
    counts: countsFrom(row),
  }))
}

export async function workers({ db, clock }: Store): Promise<WorkerRow[]> {
  const rows = await db.rows(allWorkers, [clock.offset])
  return rows.map((row) => ({
    id: text(row['id']),
    name: text(row['name']),
    queues: parsed<string[]>(row['queues']) ?? [],
    slots: Number(row['slots']),
    startedAt: Number(row['started_at']),
    heartbeatAt: Number(row['heartbeat_at']),
    expiresAt: Number(row['expires_at']),
  }))
}

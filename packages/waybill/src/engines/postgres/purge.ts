// purge: ended jobs past their retention go, leaving a tombstone; so do tombstones, keys, workers and roles past theirs.
// Along the way the tallies are folded.
import { text } from '../../engine/stored-rows.ts'
import { tombstoneMs } from '../../job/policy.ts'
import { instant } from './clock.ts'
import { sweepHolds } from './holds.ts'
import { dropPurged } from './partitions.ts'
import { foldTallies } from './tallies.ts'
import type { Store } from './store.ts'

const patience = 30_000
// The rows of `ids` are the locks, taken in order: a job that is being retried at this moment is not purged.
const expired = `
WITH t AS MATERIALIZED (${instant('$1')}),
chosen AS MATERIALIZED (SELECT seq FROM wb.done, t WHERE expires_at <= now ORDER BY expires_at LIMIT $2),
found AS MATERIALIZED (
  SELECT c.seq, j.id FROM chosen c CROSS JOIN LATERAL (SELECT id FROM wb.jobs WHERE seq = c.seq LIMIT 1) j)`
const named = `
WITH t AS MATERIALIZED (${instant('$1')}),
found AS MATERIALIZED (SELECT seq, id FROM wb.ids, t WHERE id = $2)`
const lock = `
SELECT i.seq FROM wb.ids i JOIN found f ON f.id = i.id ORDER BY i.seq FOR UPDATE OF i`
const remove = `
WITH t AS MATERIALIZED (${instant('$1')}),
over AS (DELETE FROM wb.done WHERE seq = ANY($2::bigint[]) AND expires_at <= coalesce($4::bigint, (SELECT now FROM t)) RETURNING seq, status),
gone AS (
  DELETE FROM wb.jobs j USING over o WHERE j.seq = o.seq AND j.seq = ANY($2::bigint[]) RETURNING j.seq, j.id, j.queue, j.user_id, o.status),
unnamed AS (DELETE FROM wb.ids i USING gone g WHERE i.id = g.id),
buried AS (
  INSERT INTO wb.tombstones (id, user_id, expires_at) SELECT id, user_id, now + $3::bigint FROM gone, t
  ON CONFLICT (id) DO UPDATE SET user_id = excluded.user_id, expires_at = excluded.expires_at),
untold AS (DELETE FROM wb.timeline x USING gone g WHERE x.seq = g.seq),
unstepped AS (DELETE FROM wb.steps x USING gone g WHERE x.seq = g.seq),
unlogged AS (DELETE FROM wb.logs x USING gone g WHERE x.seq = g.seq),
undated AS (DELETE FROM wb.start_by x USING gone g WHERE x.seq = g.seq),
counted AS (
  INSERT INTO wb.tallies (queue, completed, failed, cancelled)
  SELECT queue, -count(*) FILTER (WHERE status = 'completed'), -count(*) FILTER (WHERE status = 'failed'),
    -count(*) FILTER (WHERE status = 'cancelled') FROM gone GROUP BY queue)
SELECT id FROM gone`
const leftovers = ['tombstones', 'idempotency', 'workers', 'roles'].map(
  (table) => `DELETE FROM wb.${table} USING (${instant('$1')}) t WHERE expires_at <= now`,
)
const forever = Number.MAX_SAFE_INTEGER

export async function purge(store: Store, limit: number, id?: string): Promise<number> {
  const ids = await store.db.transaction(async (session) => {
    const found = await session.rows(`${id === undefined ? expired : named} ${lock}`, [store.clock.offset, id ?? limit])
    const seqs = found.map((row) => Number(row['seq']))
    if (seqs.length === 0) return []
    const until = id === undefined ? null : forever
    const rows = await session.rows(remove, [store.clock.offset, seqs, tombstoneMs, until])
    return rows.map((row) => text(row['id']))
  }, patience)
  if (ids.length > 0) store.tell({ ids, queues: [] })
  if (id === undefined) await tidy(store)
  return ids.length
}

async function tidy(store: Store): Promise<void> {
  for (const statement of leftovers) await store.db.rows(statement, [store.clock.offset], patience)
  await sweepHolds(store.db, store.clock.offset)
  await foldTallies(store.db)
  await dropPurged(store.db)
}

// ahead: how many jobs are before others in their queues. The front of each queue is read once, in the order of claims.
import type { Store } from './store.ts'

/** `$2`: jobs looked at in a queue. */
const before = `
WITH asked AS MATERIALIZED (
  SELECT i.id, i.seq, j.queue FROM wb.ids i
  JOIN LATERAL (SELECT queue FROM wb.jobs WHERE seq = i.seq LIMIT 1) j ON true WHERE i.id = ANY($1)),
front AS (
  SELECT r.seq, r.ahead FROM (SELECT DISTINCT queue FROM asked) q
  CROSS JOIN LATERAL (
    SELECT f.seq, row_number() OVER (ORDER BY f.lane, f.ticket) - 1 AS ahead FROM (
      SELECT seq, lane, ticket FROM wb.ready WHERE queue = q.queue ORDER BY lane, ticket LIMIT $2) f) r)
SELECT a.id, f.ahead FROM asked a JOIN front f ON f.seq = a.seq`
const most = 1_000

export async function ahead({ db }: Store, ids: string[]): Promise<(number | null)[]> {
  const rows = await db.rows(before, [ids, most])
  const found = new Map(rows.map((row) => [row['id'], Number(row['ahead'])]))
  return ids.map((id) => found.get(id) ?? null)
}

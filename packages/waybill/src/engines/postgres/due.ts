// due: the jobs that time has something to say about, most overdue first.
import type { DueKind } from '../../engine/engine.ts'
import { isDue } from '../../engine/is-due.ts'
import type { JobRecord } from '../../job/record.ts'
import { instant } from './clock.ts'
import { loadBySeqs, withoutInput } from './load.ts'
import type { Store } from './store.ts'

const overdue: Record<DueKind, string> = {
  run_at: `SELECT seq, now FROM (
    (SELECT seq, run_at, now FROM wb.live, t WHERE status = 'scheduled' AND run_at <= now ORDER BY run_at, seq LIMIT $2)
    UNION ALL (
      SELECT seq, run_at, now FROM wb.live, t WHERE status = 'waiting' AND wait_reason = 'signal' AND run_at <= now
      ORDER BY run_at, seq LIMIT $2)) d ORDER BY run_at, seq LIMIT $2`,
  lease: `SELECT d.seq, now FROM t, wb.leases l CROSS JOIN unnest(l.seqs) AS s (seq) JOIN wb.leased d ON d.seq = s.seq AND d.fence = l.fence
    WHERE l.expires_at <= now ORDER BY l.expires_at, d.place LIMIT $2`,
  cancel: `SELECT seq, now FROM wb.live, t WHERE cancel_by IS NOT NULL AND cancel_by <= now AND status = 'processing'
    ORDER BY cancel_by, seq LIMIT $2`,
  start_by: 'SELECT seq, now FROM wb.start_by, t WHERE at <= now ORDER BY at, seq LIMIT $2',
}
// Leases of which all jobs have ended bit by bit are nobody's business any more: gone once they have run out.
const sweepLeases = `
WITH t AS MATERIALIZED (${instant('$1')})
DELETE FROM wb.leases l USING t WHERE l.expires_at <= now AND NOT EXISTS (
  SELECT FROM unnest(l.seqs) AS s (seq) JOIN wb.leased d ON d.seq = s.seq AND d.fence = l.fence)`

export async function due(store: Store, kind: DueKind, limit: number): Promise<JobRecord[]> {
  if (kind === 'lease') await store.db.rows(sweepLeases, [store.clock.offset])
  const chosen = `WITH t AS MATERIALIZED (${instant('$1')}) ${overdue[kind]}`
  const rows = await store.db.rows(chosen, [store.clock.offset, limit])
  const stored = await loadBySeqs(
    store.db,
    rows.map((row) => Number(row['seq'])),
  )
  const now = Number(rows[0]?.['now'])
  return stored.map(({ record }) => withoutInput(record)).filter((job) => isDue(kind, job, now))
}

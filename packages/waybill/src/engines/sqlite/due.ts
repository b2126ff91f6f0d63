// due: the jobs that time has something to say about, most overdue first.
import type { DueKind } from '../../engine/engine.ts'
import type { JobRecord } from '../../job/record.ts'
import { sqliteCode, type Db } from './db.ts'
import { loadBySeq } from './load.ts'
import { withoutInput } from './read.ts'

const overdue: Record<DueKind, string> = {
  run_at: `SELECT seq FROM (
    SELECT seq, run_at FROM live WHERE status = 'scheduled' AND run_at <= :now
    UNION ALL SELECT seq, run_at FROM live WHERE status = 'waiting' AND wait_reason = 'signal' AND run_at <= :now)
    ORDER BY run_at, seq LIMIT :limit`,
  lease:
    'SELECT d.seq FROM leases l JOIN leased d ON d.fence = l.fence WHERE l.expires_at <= :now ORDER BY l.expires_at, d.place LIMIT :limit',
  cancel: "SELECT seq FROM live WHERE cancel_by <= :now AND status = 'processing' ORDER BY cancel_by, seq LIMIT :limit",
  start_by: 'SELECT seq FROM start_by WHERE at <= :now ORDER BY at, seq LIMIT :limit',
}

/** A row that cannot be read hides no other: it is told of when nothing else is due. */
export function due(db: Db, kind: DueKind, limit: number, now: number): JobRecord[] {
  const found: JobRecord[] = []
  const faults: unknown[] = []
  for (const row of db.sql(overdue[kind]).all({ now, limit })) {
    const seq = Number(row['seq'])
    try {
      const record = loadBySeq(db, seq)?.record
      if (record) found.push(withoutInput(record))
    } catch (error) {
      if (sqliteCode(error) !== 0) throw error
      faults.push(
        new Error(`SQLite: the job with seq ${seq} cannot be read; mend or delete its rows`, { cause: error }),
      )
    }
  }
  if (found.length === 0 && faults.length > 0) throw faults[0]
  return found
}

// purge: ended jobs past their retention go, leaving a tombstone; so do tombstones, keys and workers past theirs.
// Runs inside a transaction.
import { text, textOrNull } from '../../engine/stored-rows.ts'
import { tombstoneMs } from '../../job/policy.ts'
import { isStatus } from '../../job/status.ts'
import type { Row } from './db.ts'
import { sweepHolds } from './holds.ts'
import type { Tx } from './tx.ts'

const expired =
  'SELECT d.seq, d.status, j.id, j.queue, j.user_id FROM done d JOIN jobs j ON j.seq = d.seq WHERE d.expires_at <= ? ORDER BY d.expires_at LIMIT ?'
const named = 'SELECT d.seq, d.status, j.id, j.queue, j.user_id FROM done d JOIN jobs j ON j.seq = d.seq WHERE j.id = ?'
const bury = 'INSERT OR REPLACE INTO tombstones (id, user_id, expires_at) VALUES (?, ?, ?)'
const traces = ['done', 'timeline', 'steps', 'logs', 'start_by', 'jobs'].map(
  (table) => `DELETE FROM ${table} WHERE seq = ?`,
)
const leftovers = ['tombstones', 'idempotency', 'workers', 'roles'].map(
  (table) => `DELETE FROM ${table} WHERE expires_at <= ?`,
)

export function purge(tx: Tx, limit: number, id?: string): number {
  const rows = id === undefined ? tx.db.sql(expired).all(tx.now, limit) : tx.db.sql(named).all(id)
  for (const row of rows) purgeOne(tx, row)
  if (id !== undefined) return rows.length
  for (const statement of leftovers) tx.db.sql(statement).run(tx.now)
  sweepHolds(tx)
  return rows.length
}

function purgeOne(tx: Tx, row: Row): void {
  const id = text(row['id'])
  tx.db.sql(bury).run(id, textOrNull(row['user_id']), tx.now + tombstoneMs)
  for (const statement of traces) tx.db.sql(statement).run(Number(row['seq']))
  const status = text(row['status'])
  if (isStatus(status)) tx.counters.add(text(row['queue']), status, -1)
  tx.touched({ id, queue: text(row['queue']), status: 'cancelled' })
}

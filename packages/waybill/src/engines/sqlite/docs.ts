// putDoc, lead: small records that operators own, and roles that one process holds. Runs inside a transaction.
import type { JsonObject } from '../../lib/json.ts'
import type { Tx } from './tx.ts'

const revOf = 'SELECT rev FROM docs WHERE kind = ? AND key = ?'
const put = `
INSERT INTO docs (kind, key, rev, body, updated_at) VALUES (?, ?, 1, ?, ?)
ON CONFLICT (kind, key) DO UPDATE SET rev = rev + 1, body = excluded.body, updated_at = excluded.updated_at`
const drop = 'DELETE FROM docs WHERE kind = ? AND key = ?'
const setPaused =
  'INSERT INTO queues (queue, paused) VALUES (?, ?) ON CONFLICT (queue) DO UPDATE SET paused = excluded.paused'
const holderOf = 'SELECT holder FROM roles WHERE role = ? AND expires_at > ?'
const takeRole = 'INSERT OR REPLACE INTO roles (role, holder, expires_at) VALUES (?, ?, ?)'

export function putDoc(tx: Tx, kind: string, key: string, body: JsonObject | null, expectRev: number | null): boolean {
  if (expectRev !== null && tx.db.number(revOf, kind, key) !== expectRev) return false
  if (body === null) tx.db.sql(drop).run(kind, key)
  else tx.db.sql(put).run(kind, key, JSON.stringify(body), tx.now)
  // Claims look at `queues` alone.
  if (kind === 'queue') pause(tx, key, body?.['paused'] === true)
  return true
}

function pause(tx: Tx, queue: string, paused: boolean): void {
  tx.db.sql(setPaused).run(queue, paused ? 1 : 0)
  if (!paused) tx.wake(queue)
}

export function lead(tx: Tx, role: string, holder: string, ttlMs: number): boolean {
  const row = tx.db.sql(holderOf).get(role, tx.now)
  if (row && row['holder'] !== holder) return false
  tx.db.sql(takeRole).run(role, holder, tx.now + ttlMs)
  return true
}

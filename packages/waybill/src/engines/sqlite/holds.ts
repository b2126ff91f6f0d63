// Holds: who has a name, and taking it. Run inside a transaction. Whether a hold without a time stands follows from its job.
import { text } from '../../engine/stored-rows.ts'
import type { Inserted } from '../../engine/engine.ts'
import { holdLookMs, type Hold } from '../../engine/hold.ts'
import type { Tx } from './tx.ts'

const isActive = `
EXISTS (SELECT 1 FROM jobs j WHERE j.id = holds.id AND NOT EXISTS (SELECT 1 FROM done d WHERE d.seq = j.seq))`
const findHolder = `
SELECT id FROM holds WHERE key = ? AND CASE WHEN until IS NULL THEN ${isActive} ELSE until > ? END`
const put = 'INSERT OR REPLACE INTO holds (key, id, until, look_at) VALUES (?, ?, ?, ?)'
const lookLater = `UPDATE holds SET look_at = ? WHERE look_at <= ? AND until IS NULL AND ${isActive}`
const dropPast = 'DELETE FROM holds WHERE look_at <= ?'

/** The first hold that stands. */
export function holderOf(tx: Tx, holds: readonly Hold[]): Inserted | null {
  for (const { key, instead } of holds) {
    const row = tx.db.sql(findHolder).get(key, tx.now)
    if (row && row['id'] !== instead) return { outcome: 'held', id: text(row['id']), key }
  }
  return null
}

export function takeHolds(tx: Tx, holds: readonly Hold[], id: string): void {
  for (const { key, ms } of holds)
    tx.db.sql(put).run(key, id, ms === null ? null : tx.now + ms, tx.now + (ms ?? holdLookMs))
}

/** Forgets holds that stand no longer, once it is their time to be looked at. */
export function sweepHolds(tx: Tx): void {
  tx.db.sql(lookLater).run(tx.now + holdLookMs, tx.now)
  tx.db.sql(dropPast).run(tx.now)
}

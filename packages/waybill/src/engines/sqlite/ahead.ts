// ahead: how many jobs are before others in their queues. The front of each queue is read once, in the order of claims.
import { text } from '../../engine/stored-rows.ts'
import type { Db } from './db.ts'

/** Jobs looked at in a queue. */
const most = 1_000

const seqOf = 'SELECT seq, queue FROM jobs WHERE id = ?'
const front = `SELECT seq FROM ready WHERE queue = ? ORDER BY lane, ticket, seq LIMIT ${most}`

export function ahead(db: Db, ids: string[]): (number | null)[] {
  const fronts = new Map<string, Map<number, number>>()
  return ids.map((id) => {
    const job = db.sql(seqOf).get(id)
    if (!job) return null
    const queue = text(job['queue'])
    const before = fronts.get(queue) ?? frontOf(db, queue)
    fronts.set(queue, before)
    return before.get(Number(job['seq'])) ?? null
  })
}

function frontOf(db: Db, queue: string): Map<number, number> {
  const rows = db.sql(front).all(queue)
  return new Map(rows.map((row, i) => [Number(row['seq']), i]))
}

// The partitions of `jobs` and `done`: ranges of job numbers, made ahead of need, dropped once all their jobs are purged.
// Attaching takes no lock that readers or writers would feel; dropping does, so it gives up when it would have to wait.
import type { Db, Session } from './db.ts'

/** Job numbers in one partition. */
const partitionSize: number = 2 ** 18

const lock = "SELECT pg_advisory_xact_lock(hashtextextended('waybill partitions wb.', 0))"
const used = 'SELECT last_value AS last FROM wb.seqs'
const known = `
SELECT coalesce(max(substring(c.relname FROM '_([0-9]+)$')::int), -1) AS top
FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = 'wb.done'::regclass`

/** Makes sure that the next `ahead` partitions after the one in use are there. Answers the first number without one. */
export async function addPartitions(session: Session, ahead: number): Promise<number> {
  await session.rows(lock)
  const [last] = await session.rows(used)
  const [found] = await session.rows(known)
  const wanted = Math.floor(Number(last?.['last'] ?? 0) / partitionSize) + ahead
  for (let n = Number(found?.['top'] ?? -1) + 1; n <= wanted; n++)
    for (const table of ['jobs', 'done']) await add(session, table, n)
  return (wanted + 1) * partitionSize
}

async function add(session: Session, table: string, n: number): Promise<void> {
  const name = `wb.${table}_${n}`
  await session.rows(`CREATE TABLE ${name} (LIKE wb.${table} INCLUDING ALL)`)
  const range = `FROM (${n * partitionSize}) TO (${(n + 1) * partitionSize})`
  await session.rows(`ALTER TABLE wb.${table} ATTACH PARTITION ${name} FOR VALUES ${range}`)
}

const past = `
SELECT n FROM (
  SELECT substring(c.relname FROM '_([0-9]+)$')::bigint AS n FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
  WHERE i.inhparent = 'wb.done'::regclass) p, wb.seqs s
WHERE n < s.last_value / ${partitionSize} ORDER BY n`

/** Drops the partitions before the one in use of which every job is purged. What is being read stays for another time. */
export async function dropPurged(db: Db): Promise<void> {
  for (const row of await db.rows(past)) {
    const dropped = await dropEmpty(db, Number(row['n'])).catch(() => false) // somebody reads it
    if (!dropped) return
  }
}

function dropEmpty(db: Db, n: number): Promise<boolean> {
  return db.transaction(async (session) => {
    await session.rows("SET LOCAL lock_timeout = '100ms'")
    const [found] = await session.rows(`SELECT NOT EXISTS (SELECT FROM wb.jobs_${n}) AS empty`)
    if (found?.['empty'] !== true) return false
    await session.rows(`DROP TABLE wb.jobs_${n}, wb.done_${n}`)
    return true
  })
}

/** Keeps ahead of the inserts of this process; others do the same, and the first to notice acts. */
export class Partitions {
  readonly #db: Db
  #end = 0
  #adding: Promise<void> | null = null

  constructor(db: Db) {
    this.#db = db
  }

  /** Called with the highest number of each insert: in the last quarter, or when nothing is known, the next one is made. */
  reached(seq: number): void {
    if (seq < this.#end - partitionSize - partitionSize / 4 || this.#adding) return
    this.#adding = this.add()
      .catch(() => undefined) // the next insert tries again; at the very end the insert itself waits for it
      .finally(() => (this.#adding = null))
  }

  async add(): Promise<void> {
    this.#end = await this.#db.transaction((session) => addPartitions(session, 2))
  }

  async close(): Promise<void> {
    await this.#adding
  }
}

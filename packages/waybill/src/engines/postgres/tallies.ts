// Counts are kept as differences, one row a write, so that writers never wait for each other. Now and then one process
// folds them into one row a queue; at every instant their sum is the same.
import type { Db } from './db.ts'

const fold = `
WITH turn AS MATERIALIZED (SELECT pg_try_advisory_xact_lock(hashtextextended('waybill tallies wb.', 0)) AS mine),
gone AS (DELETE FROM wb.tallies WHERE (SELECT mine FROM turn) RETURNING *)
INSERT INTO wb.tallies (queue, scheduled, pending, waiting, processing, completed, failed, cancelled)
SELECT queue, sum(scheduled), sum(pending), sum(waiting), sum(processing), sum(completed), sum(failed), sum(cancelled)
FROM gone GROUP BY queue
HAVING (sum(scheduled), sum(pending), sum(waiting), sum(processing), sum(completed), sum(failed), sum(cancelled)) <> (0, 0, 0, 0, 0, 0, 0)`

/** Does nothing when another process is at it. */
export async function foldTallies(db: Db): Promise<void> {
  await db.rows(fold)
}

const writesBetween = 1_000

/** Folds in the background once this process has added many. */
export class Tallies {
  readonly #db: Db
  #writes = 0
  #folding: Promise<void> | null = null

  constructor(db: Db) {
    this.#db = db
  }

  wrote(): void {
    if (++this.#writes < writesBetween || this.#folding) return
    this.#writes = 0
    this.#folding = foldTallies(this.#db)
      .catch(() => undefined) // another time: the sum is right either way
      .finally(() => (this.#folding = null))
  }

  async close(): Promise<void> {
    await this.#folding
  }
}

// How many jobs each queue has in each status, kept up to date within the transactions that move them: one update a
// queue a transaction. What a transaction does is gathered here and written just before it commits.
import type { Status } from '../../job/status.ts'
import type { Db } from './db.ts'

const addQueue = 'INSERT OR IGNORE INTO queues (queue) VALUES (?)'
const addDeltas = `
UPDATE queues SET scheduled = scheduled + ?, pending = pending + ?, waiting = waiting + ?, processing = processing + ?,
  completed = completed + ?, failed = failed + ?, cancelled = cancelled + ? WHERE queue = ?`

const queuedBefore = 'SELECT pending + scheduled FROM queues WHERE queue = ?'

type Deltas = Record<Status, number>

export class Counters {
  readonly #db: Db
  readonly #open = new Map<string, Deltas>()
  readonly #before = new Map<string, number>()

  constructor(db: Db) {
    this.#db = db
  }

  add(queue: string, status: Status, n: number): void {
    let deltas = this.#open.get(queue)
    if (!deltas) this.#open.set(queue, (deltas = noDeltas()))
    deltas[status] += n
  }

  move(queue: string, from: Status, to: Status, n = 1): void {
    this.add(queue, from, -n)
    this.add(queue, to, n)
  }

  /** Pending and scheduled jobs of a queue, with what this transaction has done so far. */
  queued(queue: string): number {
    let before = this.#before.get(queue)
    if (before === undefined) this.#before.set(queue, (before = this.#db.number(queuedBefore, queue)))
    const deltas = this.#open.get(queue)
    return deltas ? before + deltas.pending + deltas.scheduled : before
  }

  /** Inside the transaction, after its last operation. */
  write(): void {
    for (const [queue, d] of this.#open) {
      this.#db.sql(addQueue).run(queue)
      this.#db
        .sql(addDeltas)
        .run(d.scheduled, d.pending, d.waiting, d.processing, d.completed, d.failed, d.cancelled, queue)
    }
    this.forget()
  }

  forget(): void {
    this.#open.clear()
    this.#before.clear()
  }
}

function noDeltas(): Deltas {
  return { scheduled: 0, pending: 0, waiting: 0, processing: 0, completed: 0, failed: 0, cancelled: 0 }
}

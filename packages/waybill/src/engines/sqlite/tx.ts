// What every operation of one transaction shares: the connection, one instant, the counters, and what was touched.
import type { JobRecord } from '../../job/record.ts'
import { Counters } from './counters.ts'
import type { Db } from './db.ts'
import { Memo } from './memo.ts'

export class Tx {
  readonly db: Db
  readonly counters: Counters
  readonly memo: Memo = new Memo()
  /** The engine's clock, read once a transaction. */
  now = 0
  #ids: string[] = []
  readonly #queues = new Set<string>()

  constructor(db: Db) {
    this.db = db
    this.counters = new Counters(db)
  }

  begin(now: number): void {
    this.now = now
    this.forget()
  }

  /** Notes that watchers of this job, and workers of its queue when it became runnable, want to hear of it. */
  touched(job: Pick<JobRecord, 'id' | 'queue' | 'status'>): void {
    this.#ids.push(job.id)
    if (job.status === 'pending') this.#queues.add(job.queue)
  }

  /** Notes that workers of this queue may find something to do. */
  wake(queue: string): void {
    this.#queues.add(queue)
  }

  /** What was touched since `begin`. */
  news(): { ids: string[]; queues: string[] } {
    return { ids: this.#ids, queues: [...this.#queues] }
  }

  /** Nothing of it happened. */
  undone(): void {
    this.forget()
    this.memo.clear()
  }

  forget(): void {
    this.#ids = []
    this.#queues.clear()
    this.counters.forget()
  }
}

// Group commit. Writes asked for in one turn of the event loop share one transaction and one fsync; each is answered
// when that transaction is on disk. The lock is never waited for in place: a busy file is tried again a little later.
//
//   write(op) ─▶ queue ─(end of turn)─▶ BEGIN IMMEDIATE ─▶ op op op … ─▶ COMMIT ─▶ answers, then hints
//                                            │ busy: pause 1–8 ms, at most `patience`
//                                            └ an op throws: ROLLBACK, then each op alone; only the guilty one fails
import { WaybillError } from '../../job/errors.ts'
import { pause, type Clock } from '../../lib/clock.ts'
import { isBusy, sqliteCode, type Db } from './db.ts'

interface Op {
  run(): unknown
  resolve(value: unknown): void
  reject(reason: unknown): void
}

/** What happens around each transaction. */
export interface CommitHooks {
  /** After BEGIN, before the first operation. */
  begun(): void
  /** After the last operation, still inside. */
  ending(): void
  /** On disk; the callers are answered next. */
  committed(): void
  /** Nothing of it happened. */
  undone(): void
  /** The store could not do it: it is locked, full, unreachable … */
  failed(): void
}

/** How long a write waits for other processes' transactions before it fails as `engine_unavailable`. */
const patience = 5_000

export class Commits {
  readonly #db: Db
  readonly #clock: Clock
  readonly #hooks: CommitHooks
  #queue: Op[] = []
  /** Operations that go alone because one of their group failed. */
  #alone: Op[] = []
  #scheduled = false
  #running: Promise<void> | null = null
  #closed = false

  constructor(db: Db, clock: Clock, hooks: CommitHooks) {
    this.#db = db
    this.#clock = clock
    this.#hooks = hooks
  }

  /** Runs `run` inside the next transaction. */
  write<T>(run: () => T): Promise<T> {
    if (this.#closed) return Promise.reject(closedError())
    return new Promise<T>((resolve, reject) => {
      let value: { it: T } | null = null
      this.#queue.push({
        run: () => (value = { it: run() }),
        resolve: () =>
          value === null ? reject(new Error('commit: an operation was answered before it ran')) : resolve(value.it),
        reject,
      })
      this.#schedule()
    })
  }

  async close(): Promise<void> {
    this.#closed = true
    while (this.#running || this.#waiting) await (this.#running ?? this.#flush())
  }

  get #waiting(): boolean {
    return this.#queue.length > 0 || this.#alone.length > 0
  }

  #schedule(): void {
    if (this.#scheduled || this.#running) return
    this.#scheduled = true
    setImmediate(() => {
      this.#scheduled = false
      void this.#flush()
    })
  }

  #flush(): Promise<void> {
    if (this.#running) return this.#running
    while (this.#waiting) {
      const group = this.#nextGroup()
      if (!this.#tryNow(group)) return (this.#running = this.#insist(group).finally(() => this.#resume()))
    }
    return Promise.resolve()
  }

  #nextGroup(): Op[] {
    if (this.#alone.length > 0) return this.#alone.splice(0, 1)
    return this.#queue.splice(0)
  }

  #resume(): void {
    this.#running = null
    if (this.#waiting) this.#schedule()
  }

  // The common case, without a promise: the lock is free.
  #tryNow(group: Op[]): boolean {
    try {
      this.#db.exec('BEGIN IMMEDIATE')
    } catch (error) {
      if (isBusy(error)) return false
      this.#refuse(group, error)
      return true
    }
    this.#inTransaction(group)
    return true
  }

  async #insist(group: Op[]): Promise<void> {
    const deadline = this.#clock.now() + patience
    for (let wait = 1; this.#clock.now() < deadline; wait = Math.min(wait * 1.5, 8)) {
      await pause(this.#clock, wait, undefined, true)
      if (this.#tryNow(group)) return
    }
    this.#refuse(group, unavailable(new Error(`the database stayed locked by another process for ${patience} ms`)))
  }

  #inTransaction(group: Op[]): void {
    try {
      this.#hooks.begun()
      for (const op of group) op.run()
      this.#hooks.ending()
      this.#db.exec('COMMIT')
    } catch (error) {
      this.#undo()
      return this.#blame(group, error)
    }
    this.#hooks.committed()
    for (const op of group) op.resolve(undefined)
  }

  #undo(): void {
    this.#hooks.undone()
    try {
      this.#db.exec('ROLLBACK')
    } catch (error) {
      if (sqliteCode(error) !== 1) throw error // 1: SQLite has already rolled back by itself
    }
  }

  // One bad operation must not take its neighbours down: each goes alone.
  #blame(group: Op[], error: unknown): void {
    const [only] = group
    if (group.length === 1 && only) return this.#refuse([only], error)
    this.#alone.push(...group)
    this.#schedule()
  }

  #refuse(group: Op[], cause: unknown): void {
    const error = storeError(cause)
    if (error instanceof WaybillError && error.code === 'engine_unavailable') this.#hooks.failed()
    for (const op of group) op.reject(error)
  }
}

// Result codes that speak of the store, not of the statement: locked, read-only, I/O, corrupt, full, cannot open, no database.
const storeFaults = new Set([5, 6, 8, 10, 11, 13, 14, 26])

/** The error as callers know it: faults of the store become `engine_unavailable`, anything else stays what it is. */
export function storeError(error: unknown): unknown {
  return storeFaults.has(sqliteCode(error)) ? unavailable(error) : error
}

function unavailable(cause: unknown): WaybillError {
  const detail = cause instanceof Error ? cause.message : String(cause)
  return new WaybillError('engine_unavailable', `SQLite: ${detail}`, { cause, retryAfter: 1 })
}

function closedError(): WaybillError {
  return new WaybillError('engine_unavailable', 'SQLite: the engine is closed')
}

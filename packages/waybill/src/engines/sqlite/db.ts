// The one place that touches node:sqlite (a release candidate whose names may still change). Synchronous on purpose:
// a statement takes microseconds. It never waits for a lock: whoever needs one tries again without blocking the loop.
import { DatabaseSync, type SQLInputValue, type SQLOutputValue, type StatementSync } from 'node:sqlite'

export type Value = SQLInputValue
export type Row = Record<string, SQLOutputValue>

export class Db {
  readonly #raw: DatabaseSync
  readonly #statements = new Map<string, StatementSync>()

  /** Over a connection that is open: this engine's own (`Db.open`), or a caller's whose transaction takes jobs. */
  constructor(raw: DatabaseSync) {
    this.#raw = raw
  }

  /** Opens the file without touching it. */
  static open(path: string): Db {
    const raw = new DatabaseSync(path, {
      timeout: 0,
      enableForeignKeyConstraints: false,
      allowUnknownNamedParameters: true,
    })
    // SQLite's own lower() knows ASCII alone.
    raw.function('folded', { deterministic: true }, (text) => (typeof text === 'string' ? text.toLowerCase() : null))
    return new Db(raw)
  }

  /** A prepared statement, made once for each text. */
  sql(text: string): StatementSync {
    const found = this.#statements.get(text)
    if (found) return found
    const made = this.#raw.prepare(text)
    this.#statements.set(text, made)
    return made
  }

  exec(text: string): void {
    this.#raw.exec(text)
  }

  /** The first column of the first row, as a number. */
  number(text: string, ...values: Value[]): number {
    const row = this.sql(text).get(...values)
    return row === undefined ? 0 : Number(Object.values(row)[0])
  }

  close(): void {
    this.#statements.clear()
    if (this.#raw.isOpen) this.#raw.close()
  }
}

/** SQLite's result code of an error, without the extended bits; 0 when it is no SQLite error. */
export function sqliteCode(error: unknown): number {
  if (!(error instanceof Error) || !('errcode' in error)) return 0
  return Number(error.errcode) & 0xff
}

const busy = 5
const locked = 6
/** Another process holds the lock that a statement needs: nothing happened, try again. */
export function isBusy(error: unknown): boolean {
  const code = sqliteCode(error)
  return code === busy || code === locked
}

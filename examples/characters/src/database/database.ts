// The application's own database, as little of it as is needed here: rows of a statement, and a transaction that a job can
// be part of. The same file (SQLite) or database (PostgreSQL) also holds Waybill's jobs: that makes one commit of both.

export type Row = Record<string, unknown>
export type Value = string | number | Uint8Array | null

export interface Session {
  /** The rows that `sql` answers; `$1`, `$2`, … stand for the values. */
  rows: (sql: string, values?: Value[]) => Promise<Row[]>
}

export interface Transaction extends Session {
  /** What `waybill.enqueue(…, { tx })` takes. */
  tx: unknown
}

export interface Database extends Session {
  /** Commits when `work` resolves, and rolls everything back when it throws. */
  transaction<T>(work: (transaction: Transaction) => Promise<T>): Promise<T>
  close(): Promise<void>
}

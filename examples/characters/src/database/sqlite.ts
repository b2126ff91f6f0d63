// The application's tables in the file that also holds Waybill's jobs. One process at a time writes to such a file, and one
// connection has one transaction at a time: here they take turns.
import { DatabaseSync } from 'node:sqlite'
import type { Database, Row, Session, Value } from './database.ts'
import { schema } from './schema.ts'

export function openSqlite(file: string): Database {
  const raw = new DatabaseSync(file, { timeout: 5000 })
  raw.exec('PRAGMA journal_mode = WAL; PRAGMA foreign_keys = ON')
  raw.exec(schema('INTEGER PRIMARY KEY'))
  const session: Session = { rows: async (sql, values = []) => rowsOf(raw, sql, values) }
  let turn: Promise<unknown> = Promise.resolve()
  return {
    rows: (sql, values) => inTurn(() => session.rows(sql, values)),
    transaction: (work) => inTurn(() => committed(raw, () => work({ ...session, tx: raw }))),
    close: () => inTurn(async () => raw.close()),
  }

  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = turn.then(work)
    turn = mine.catch(() => null) // its caller hears of it; the next one begins regardless
    return mine
  }
}

async function committed<T>(raw: DatabaseSync, work: () => Promise<T>): Promise<T> {
  raw.exec('BEGIN IMMEDIATE')
  try {
    const result = await work()
    raw.exec('COMMIT')
    return result
  } catch (error) {
    raw.exec('ROLLBACK')
    throw error
  }
}

const rowsOf = (raw: DatabaseSync, sql: string, values: Value[]): Row[] =>
  raw.prepare(sql).all(Object.fromEntries(values.map((value, i) => [`$${i + 1}`, value])))

// Inserts inside a transaction of the caller's own: committed, the jobs are there; rolled back, they never were. Workers
// hear of the commit like of any other process's: through the log file.
import { realpathSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import type { Inserted, NewJob } from '../../engine/engine.ts'
import { WaybillError } from '../../job/errors.ts'
import { storeError } from './commit.ts'
import { Db } from './db.ts'
import { insert, Refused } from './insert.ts'
import { Tx } from './tx.ts'

// One a connection: its prepared statements are made once.
const connections = new WeakMap<DatabaseSync, Tx>()

/** `path` is the engine's own file. Throws `bad_request` for what is no open transaction on it. */
export function insertWithin(
  tx: unknown,
  path: string | null,
  jobs: NewJob[],
  atomic: boolean,
  now: number,
): Inserted[] {
  const raw = transactionOn(tx, path)
  const its = connections.get(raw) ?? new Tx(new Db(raw))
  connections.set(raw, its)
  its.begin(now)
  raw.exec('SAVEPOINT waybill')
  try {
    const answers = insert(its, jobs, atomic)
    its.counters.write()
    raw.exec('RELEASE waybill')
    return answers
  } catch (error) {
    its.undone()
    raw.exec('ROLLBACK TO waybill; RELEASE waybill')
    if (error instanceof Refused) return error.answers
    throw storeError(error)
  }
}

function transactionOn(tx: unknown, path: string | null): DatabaseSync {
  if (!(tx instanceof DatabaseSync)) throw bad('tx must be a DatabaseSync of node:sqlite')
  if (!tx.isTransaction) throw bad('tx has no open transaction; run BEGIN IMMEDIATE on it first')
  if (path === null || !isSameFile(tx.location(), path))
    throw bad(`tx is open on ${tx.location() ?? 'a database in memory'}, the jobs are in ${path ?? 'memory'}`)
  return tx
}

function isSameFile(a: string | null, b: string): boolean {
  return a !== null && realpathSync(a) === realpathSync(b)
}

function bad(why: string): WaybillError {
  return new WaybillError('bad_request', `sqlite: ${why}`)
}

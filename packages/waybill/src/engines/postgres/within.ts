// Inserts inside a transaction of the caller's own: committed, the jobs are there; rolled back, they never were. Works on
// whatever has `query(text, values)`: a client of pg, a wrapper of an ORM. The hint travels in the same transaction.
import type { Inserted, NewJob } from '../../engine/engine.ts'
import { WaybillError } from '../../job/errors.ts'
import { admitIn } from './admit.ts'
import type { Row, Session, Value } from './db.ts'
import { isCollision, lacksPartition, storeError } from './errors.ts'
import { newsOf, type Store } from './store.ts'

/** What a transaction must be able to do. */
export interface Queryable {
  query(text: string, values: unknown[]): Promise<{ rows: Row[] }>
}

const mostTries = 5

export async function insertWithin(store: Store, tx: Queryable, jobs: NewJob[], atomic: boolean): Promise<Inserted[]> {
  const session: Session = {
    rows: async (text: string, values: Value[] = []) => (await tx.query(store.db.text(text), values)).rows,
  }
  const answers = await saved(store, session, () => admitIn(session, store, jobs, atomic))
  const news = newsOf(answers.flatMap((one) => (one.outcome === 'created' ? [one.record] : [])))
  if (news.ids.length > 0) await store.tellWithin(session, news)
  return answers
}

// A refused statement would spoil the whole transaction: it is undone up to here, and tried again.
async function saved<T>(store: Store, session: Session, run: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    await session.rows('SAVEPOINT waybill')
    try {
      const answer = await run()
      await session.rows('RELEASE SAVEPOINT waybill')
      return answer
    } catch (error) {
      await session.rows('ROLLBACK TO SAVEPOINT waybill')
      if (lacksPartition(error)) await store.partitions.add()
      else if (!isCollision(error)) throw storeError(error)
      if (tries >= mostTries) throw storeError(error)
    }
  }
}

function isQueryable(tx: unknown): tx is Queryable {
  return typeof tx === 'object' && tx !== null && 'query' in tx && typeof tx.query === 'function'
}

export function queryableOf(tx: unknown): Queryable {
  if (isQueryable(tx)) return tx
  throw new WaybillError('bad_request', 'postgres: a transaction must have query(text, values), as a client of pg has')
}

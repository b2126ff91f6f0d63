// insert: jobs into `jobs`, and into `ready` when they may run at once. Runs inside a transaction.
import { stateColumns, textOrNull, type Fixed } from '../../engine/stored-rows.ts'
import type { Inserted, NewJob } from '../../engine/engine.ts'
import { freshRecord } from '../../job/fresh.ts'
import { isSound, withdrawn } from '../../engine/new-job.ts'
import { encodePolicy } from '../../engine/stored-policy.ts'
import type { JobRecord } from '../../job/record.ts'
import type { Value } from './db.ts'
import { holderOf, takeHolds } from './holds.ts'
import { specColumns, statePlaces, stateValues, ticketStep } from './rows.ts'
import type { Tx } from './tx.ts'

const putJob = `INSERT OR IGNORE INTO jobs (${specColumns}, input) VALUES (${specColumns.replace(/\w+/g, '?')}, ?)`
export const putReady = 'INSERT INTO ready (queue, lane, ticket, seq) VALUES (?, ?, ?, ?)'
const putLive = `INSERT INTO live (seq, ${stateColumns}) VALUES (?, ${statePlaces})`
export const putStartBy = 'INSERT INTO start_by (at, seq) VALUES (?, ?)'
export const isBuried = 'SELECT 1 FROM tombstones WHERE id = ? AND expires_at > ?'
const findKey = 'SELECT hash, id FROM idempotency WHERE key = ? AND expires_at > ?'
const putKey = 'INSERT OR REPLACE INTO idempotency (key, hash, id, expires_at) VALUES (?, ?, ?, ?)'

/** Thrown to undo an atomic batch; carries the answers. */
export class Refused extends Error {
  readonly answers: Inserted[]

  constructor(answers: Inserted[]) {
    super('an atomic batch was refused')
    this.answers = answers
  }
}

type Storable = Pick<NewJob, 'spec' | 'inputJson'>

export function insert(tx: Tx, jobs: NewJob[], atomic: boolean): Inserted[] {
  const answers = jobs.map((job) => insertOne(tx, job))
  if (!atomic || jobs.every((job, i) => isSound(answers[i] ?? notStored(job), job))) return answers
  const made = new Set(answers.flatMap(({ outcome, id }) => (outcome === 'created' ? [id] : [])))
  throw new Refused(jobs.map((job, i) => withdrawn(answers[i] ?? notStored(job), job, made)))
}

function notStored({ spec }: NewJob): Inserted {
  return { outcome: 'not_stored', id: spec.id }
}

function insertOne(tx: Tx, job: NewJob): Inserted {
  const { id, queue } = job.spec
  const replay = job.idempotency && replayOf(tx, job.idempotency)
  if (replay) return replay
  const held = job.holds && holderOf(tx, job.holds)
  if (held) return held
  if (job.maxPending !== null) {
    const pending = tx.counters.queued(queue)
    if (pending >= job.maxPending) return { outcome: 'queue_full', id, pending }
  }
  const seq = job.idGiven && tx.db.sql(isBuried).get(id, tx.now) ? null : storeJob(tx, job)
  if (seq === null) return { outcome: 'id_taken', id }
  if (job.idempotency)
    tx.db.sql(putKey).run(job.idempotency.key, job.idempotency.hash, id, tx.now + job.idempotency.keepMs)
  if (job.holds) takeHolds(tx, job.holds, id)
  return { outcome: 'created', id, record: makeRunnable(tx, seq, job) }
}

function replayOf(tx: Tx, { key, hash }: { key: string; hash: string }): Inserted | null {
  const row = tx.db.sql(findKey).get(key, tx.now)
  if (!row) return null
  return { outcome: row['hash'] === hash ? 'replayed' : 'key_reused', id: textOrNull(row['id']) ?? '' }
}

/** The number of its row; null when the id is taken. */
export function storeJob(tx: Tx, { spec, inputJson }: Storable, createdAt: number = tx.now): number | null {
  const values: Value[] = [
    spec.id,
    spec.type,
    spec.queue,
    spec.userId,
    spec.priority,
    createdAt,
    spec.title,
    spec.subject,
    spec.tags.length === 0 ? null : JSON.stringify(spec.tags),
    isEmpty(spec.metadata) ? null : JSON.stringify(spec.metadata),
    encodePolicy(spec.policy),
    spec.parentId,
    spec.batchId,
    spec.scheduleKey,
    spec.traceparent,
    inputJson,
  ]
  const put = tx.db.sql(putJob).run(...values)
  return put.changes === 1 ? Number(put.lastInsertRowid) : null
}

function makeRunnable(tx: Tx, seq: number, job: NewJob): JobRecord {
  const fixed: Fixed = { ...job.spec, createdAt: tx.now }
  const fresh = freshRecord(fixed)
  if (fixed.policy.startWithinMs !== null) tx.db.sql(putStartBy).run(tx.now + fixed.policy.startWithinMs, seq)
  if (job.delayMs > 0) {
    const later: JobRecord = {
      ...fresh,
      status: 'scheduled',
      waitReason: 'delay',
      runAt: tx.now + job.delayMs,
    }
    tx.db.sql(putLive).run(seq, ...stateValues(later))
    tx.counters.add(fixed.queue, 'scheduled', 1)
    tx.touched(later)
    return later
  }
  tx.db.sql(putReady).run(fixed.queue, 10 - fixed.priority, seq * ticketStep, seq)
  tx.counters.add(fixed.queue, 'pending', 1)
  tx.touched(fresh)
  return fresh
}

function isEmpty(object: object): boolean {
  for (const _ in object) return false
  return true
}

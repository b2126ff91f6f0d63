// restore: a job of another store into the rows that it would have had here: done, or live, or neither when nothing has
// happened to it; its history is written out. Runs inside a transaction.
import { jsonOrNull } from '../../engine/stored-rows.ts'
import type { SavedJob } from '../../engine/engine.ts'
import { isUntouched, refuseLeased, startByOf } from '../../engine/saved.ts'
import { isEnd } from '../../job/status.ts'
import { isBuried, putReady, putStartBy, storeJob } from './insert.ts'
import { stateValues, ticketStep } from './rows.ts'
import { putDone, putLive, putTimelineEntry } from './store.ts'
import type { Tx } from './tx.ts'

const raiseFence = 'UPDATE counters SET fence = max(fence, ?)'
const putStep =
  'INSERT INTO steps (seq, key, status, attempt, started_at, ended_at, result) VALUES (?, ?, ?, ?, ?, ?, ?)'
const putLog =
  'INSERT INTO logs (seq, n, at, level, message, fields, attempt, audience) VALUES (?, ?, ?, ?, ?, ?, ?, ?)'

export function restore(tx: Tx, jobs: SavedJob[]): ('stored' | 'present')[] {
  refuseLeased(jobs)
  return jobs.map((job) => restoreOne(tx, job))
}

function restoreOne(tx: Tx, job: SavedJob): 'stored' | 'present' {
  const { record, inputJson } = job
  if (tx.db.sql(isBuried).get(record.id, tx.now)) return 'present'
  const seq = storeJob(tx, { spec: record, inputJson }, record.createdAt)
  if (seq === null) return 'present'
  if (!isUntouched(job)) putState(tx, seq, job)
  if (record.status === 'pending') tx.db.sql(putReady).run(record.queue, 10 - record.priority, seq * ticketStep, seq)
  const startBy = startByOf(job)
  if (startBy !== null) tx.db.sql(putStartBy).run(startBy, seq)
  tx.counters.add(record.queue, record.status, 1)
  tx.touched(record)
  return 'stored'
}

function putState(tx: Tx, seq: number, { record, timeline, steps, logs }: SavedJob): void {
  const { input: _, ...state } = record // the input in force is in `jobs` already
  tx.db.sql(isEnd(record.status) ? putDone : putLive).run(seq, ...stateValues(state))
  tx.db.sql(raiseFence).run(record.fence)
  for (const entry of timeline) putTimelineEntry(tx, seq, entry)
  for (const s of steps)
    tx.db.sql(putStep).run(seq, s.key, s.status, s.attempt, s.startedAt, s.endedAt, JSON.stringify(s.result))
  for (const l of logs)
    tx.db.sql(putLog).run(seq, l.seq, l.at, l.level, l.message, jsonOrNull(l.fields), l.attempt, l.audience)
}

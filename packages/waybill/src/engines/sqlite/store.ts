// Puts a changed record where it belongs: done at the end, live before; ready when it may run; leased while it runs.
// The general path. Jobs that are claimed once and complete take the short one in apply.ts.
import { stateColumns } from '../../engine/stored-rows.ts'
import type { JobRecord } from '../../job/record.ts'
import { isEnd, type Status } from '../../job/status.ts'
import type { TimelineEntry } from '../../job/timeline.ts'
import type { Stored } from './load.ts'
import { statePlaces, stateValues, ticketStep } from './rows.ts'
import type { Tx } from './tx.ts'

export const putLive: string = `INSERT OR REPLACE INTO live (seq, ${stateColumns}) VALUES (?, ${statePlaces})`
export const putDone: string = `INSERT INTO done (seq, ${stateColumns}) VALUES (?, ${statePlaces})`
const dropLive = 'DELETE FROM live WHERE seq = ?'
const dropDone = 'DELETE FROM done WHERE seq = ?'
// A job that never came back stands where its insert put it; only for one that did is its lane searched.
const dropFresh = 'DELETE FROM ready WHERE queue = ? AND lane = ? AND ticket = ? AND seq = ?'
const dropReady = 'DELETE FROM ready WHERE queue = ? AND lane = ? AND seq = ?'
const putReady = 'INSERT INTO ready (queue, lane, ticket, seq) VALUES (?, ?, ?, ?)'
// A job that comes back queues behind all that were inserted so far, and behind those that came back before it:
// `returns` is the last ticket that was given to one.
const nextTicket = `
UPDATE counters SET returns = 1 + max(returns, (SELECT seq FROM sqlite_sequence WHERE name = 'jobs') * ${ticketStep}) RETURNING returns`
const dropStartBy = 'DELETE FROM start_by WHERE seq = ?'
const putTimeline = 'INSERT INTO timeline (seq, rev, at, type, data) VALUES (?, ?, ?, ?, ?)'
const markLive = 'UPDATE leased SET live = 1 WHERE seq = ?'
const dropLeased = 'DELETE FROM leased WHERE seq = ?'
export const closeLease = 'UPDATE leases SET open = open - ? WHERE fence = ?'
export const dropClosedLease = 'DELETE FROM leases WHERE fence = ? AND open <= 0'

/** Stores `next` over `stored`, with the timeline entry of the move. */
export function store(tx: Tx, stored: Stored, next: JobRecord, event: Pick<TimelineEntry, 'type' | 'data'>): void {
  const { seq, record } = stored
  writeHistory(tx, stored)
  putTimelineEntry(tx, seq, { seq: next.rev, at: tx.now, ...event })
  leave(tx, stored, next.status)
  tx.db.sql(isEnd(next.status) ? putDone : putLive).run(seq, ...stateValues(next))
  if (next.status === 'processing') tx.db.sql(markLive).run(seq) // from now on `live` tells its state, not the lease alone
  if (next.status === 'pending') tx.db.sql(putReady).run(next.queue, 10 - next.priority, tx.db.number(nextTicket), seq)
  if (next.policy.startWithinMs !== null && (next.startedAt !== null || isEnd(next.status)))
    tx.db.sql(dropStartBy).run(seq)
  if (record.status !== next.status) tx.counters.move(record.queue, record.status, next.status)
  tx.touched(next)
}

function leave(tx: Tx, { seq, record }: Stored, to: Status): void {
  if (isEnd(record.status)) tx.db.sql(dropDone).run(seq)
  else if (isEnd(to)) tx.db.sql(dropLive).run(seq)
  if (record.status === 'pending') leaveQueue(tx, seq, record)
  if (record.lease && to !== 'processing') endLease(tx, seq, record.lease.fence)
}

function leaveQueue(tx: Tx, seq: number, { queue, priority }: JobRecord): void {
  const lane = 10 - priority
  if (tx.db.sql(dropFresh).run(queue, lane, seq * ticketStep, seq).changes === 0)
    tx.db.sql(dropReady).run(queue, lane, seq)
}

/** Takes one job out of its lease; the last one closes it. */
function endLease(tx: Tx, seq: number, fence: number): void {
  tx.db.sql(dropLeased).run(seq)
  tx.db.sql(closeLease).run(1, fence)
  tx.db.sql(dropClosedLease).run(fence)
}

/** What a job's rows have only implied so far, written out, before something is added that they do not imply. */
function writeHistory(tx: Tx, { seq, record }: Stored): void {
  for (const entry of impliedTimeline(tx.db, seq, record)) putTimelineEntry(tx, seq, entry)
}

/** Gives a job that only its lease told of a row in `live`, so that its state may change while it runs. */
export function makeLive(tx: Tx, stored: Stored): void {
  writeHistory(tx, stored)
  tx.db.sql(putLive).run(stored.seq, ...stateValues(stored.record))
  tx.db.sql(markLive).run(stored.seq)
}

export function putTimelineEntry(tx: Tx, seq: number, entry: TimelineEntry): void {
  tx.db.sql(putTimeline).run(seq, entry.seq, entry.at, entry.type, JSON.stringify(entry.data))
}

const written = 'SELECT 1 FROM timeline WHERE seq = ? LIMIT 1'
const workerOf = 'SELECT worker_id FROM done WHERE seq = ?'

/** The entries that follow from the rows of a job without any written ones: created, claimed once, completed. */
export function impliedTimeline(db: Tx['db'], seq: number, record: JobRecord): TimelineEntry[] {
  if (db.sql(written).get(seq)) return []
  const entries: TimelineEntry[] = [{ seq: 1, at: record.createdAt, type: 'created', data: {} }]
  if (record.startedAt === null) return entries
  const worker = record.lease?.workerId ?? db.sql(workerOf).get(seq)?.['worker_id'] ?? null
  entries.push({
    seq: 2,
    at: record.startedAt,
    type: 'claimed',
    data: claimedData(record.attempt, record.fence, String(worker)),
  })
  if (record.status === 'completed') entries.push({ seq: 3, at: record.updatedAt, type: 'completed', data: {} })
  return entries
}

export function claimedData(attempt: number, fence: number, workerId: string): TimelineEntry['data'] {
  return { attempt, fence, worker_id: workerId }
}

// claim: a prefix of the ready jobs, leased in one go. Runs inside a transaction.
import { fixedPart, plainPart, stateColumns, text } from '../../engine/stored-rows.ts'
import type { Claimed, ClaimRequest, LeasedJob } from '../../engine/engine.ts'
import { claimedFresh } from '../../job/fresh.ts'
import type { JobRecord } from '../../job/record.ts'
import type { Row } from './db.ts'
import { inputJson, loadBySeq, type Stored } from './load.ts'
import { withoutInput } from './read.ts'
import { specColumns, statePlaces, stateValues } from './rows.ts'
import { begin } from './extend.ts'
import { stepsOf } from './steps.ts'
import { claimedData, putTimelineEntry } from './store.ts'
import type { Tx } from './tx.ts'

const leaseOfClaim = 'SELECT fence FROM leases WHERE claim_id = ? AND worker_id = ?'
const leasedUnder = 'SELECT seq FROM leased WHERE fence = ? ORDER BY place'
const queuesWithWork = 'SELECT queue FROM queues WHERE pending > 0 AND paused = 0 ORDER BY queue'
// Most jobs bear none of the rarer members; those that do are read whole.
const rarer = 'title, subject, tags, metadata, parent_id, batch_id, schedule_key, traceparent'
const front = `
SELECT r.lane, r.ticket, r.seq, r.seq IN (SELECT seq FROM live) AS live,
  coalesce(${rarer.replace(/\w+/g, 'j.$&')}) IS NULL AS plain,
  j.input, j.id, j.type, j.queue, j.user_id, j.priority, j.created_at, j.policy
FROM ready r JOIN jobs j ON j.seq = r.seq WHERE r.queue = ? ORDER BY r.lane, r.ticket, r.seq LIMIT ?`
const wholeJob = `SELECT ${specColumns} FROM jobs WHERE seq = ?`
const takeFront = 'DELETE FROM ready WHERE queue = ? AND (lane, ticket, seq) <= (?, ?, ?)'
const nextFence = 'UPDATE counters SET fence = fence + 1 RETURNING fence'
const putLease = `
INSERT INTO leases (fence, worker_id, claim_id, started_at, heartbeat_at, expires_at, begun, open)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)`
const putLeased = 'INSERT INTO leased (seq, fence, place, live) VALUES (?, ?, ?, ?)'
const putFreshlyLeased = 'INSERT INTO leased (seq, fence, place, live) SELECT value, ?, key, 0 FROM json_each(?)'
const putLive = `INSERT OR REPLACE INTO live (seq, ${stateColumns}) VALUES (?, ${statePlaces})`
const dropStartBy = 'DELETE FROM start_by WHERE seq = ?'

export function claim(tx: Tx, request: ClaimRequest): Claimed {
  if (request.begun) begin(tx, request.begun)
  const known = tx.db.sql(leaseOfClaim).get(request.claimId, request.workerId)
  if (known) return sameAgain(tx, Number(known['fence']))
  const rows = frontRows(tx, request)
  if (rows.length === 0) return { fence: 0, jobs: [] }
  const fence = tx.db.number(nextFence)
  tx.db
    .sql(putLease)
    .run(
      fence,
      request.workerId,
      request.claimId,
      tx.now,
      tx.now,
      tx.now + request.leaseMs,
      request.begins,
      rows.length,
    )
  const lease = leaseTerms(request, fence, tx.now)
  putLeases(tx, rows, fence)
  const jobs = rows.map((row, place) => leaseRow(tx, row, place, lease))
  return { fence, jobs }
}

type Terms = Omit<NonNullable<JobRecord['lease']>, 'held'> & { begins: number }

function leaseTerms(request: ClaimRequest, fence: number, now: number): Terms {
  return {
    workerId: request.workerId,
    fence,
    startedAt: now,
    expiresAt: now + request.leaseMs,
    heartbeatAt: now,
    begins: request.begins,
  }
}

// The best rows of all the queues served: for named queues in their order of preference, else by lane and age.
function frontRows(tx: Tx, { queues, max }: ClaimRequest): Row[] {
  tx.counters.write()
  const runnable = tx.db
    .sql(queuesWithWork)
    .all()
    .map((row) => text(row['queue']))
  const served = queues.length === 0 ? runnable : [...new Set(queues)].filter((queue) => runnable.includes(queue))
  const candidates = served.map((queue) => tx.db.sql(front).all(queue, max))
  const [only] = candidates
  const taken = candidates.length === 1 && only ? only : chosen(candidates.flat(), max, queues.length === 0)
  takeFronts(tx, taken)
  return taken
}

function chosen(rows: Row[], max: number, byAge: boolean): Row[] {
  const order = (a: Row, b: Row) => Number(a['lane']) - Number(b['lane']) || Number(a['ticket']) - Number(b['ticket'])
  return (byAge ? rows.toSorted(order) : rows).slice(0, max)
}

// What is taken from a queue is always a prefix of it: one range delete each.
function takeFronts(tx: Tx, rows: Row[]): void {
  const last = new Map<string, Row>()
  for (const row of rows) last.set(text(row['queue']), row)
  for (const [queue, row] of last)
    tx.db.sql(takeFront).run(queue, Number(row['lane']), Number(row['ticket']), Number(row['seq']))
}

// Their order is their place. In one statement: a call for each costs more than what it does.
function putLeases(tx: Tx, rows: Row[], fence: number): void {
  const places = rows.map((row) => [Number(row['seq']), row['live'] === 1 ? 1 : 0])
  const fresh = places.every(([, live]) => live === 0)
  if (fresh) tx.db.sql(putFreshlyLeased).run(fence, JSON.stringify(places.map(([seq]) => seq)))
  else for (const [place, [seq, live]] of places.entries()) tx.db.sql(putLeased).run(seq ?? 0, fence, place, live ?? 0)
}

function leaseRow(tx: Tx, row: Row, place: number, terms: Terms): LeasedJob {
  const seq = Number(row['seq'])
  const live = row['live'] === 1
  const { begins, ...lease } = terms
  const held = place >= begins
  tx.counters.move(text(row['queue']), 'pending', 'processing')
  if (live) return claimLive(tx, seq, { ...lease, held })
  const record = freshlyClaimed(tx, seq, row, { ...lease, held })
  if (record.policy.startWithinMs !== null) tx.db.sql(dropStartBy).run(seq)
  tx.memo.keep(record.id, { seq, queue: record.queue, createdAt: record.createdAt })
  tx.touched(record)
  return { record, inputJson: text(row['input']), steps: [] }
}

function freshlyClaimed(tx: Tx, seq: number, row: Row, lease: NonNullable<JobRecord['lease']>): JobRecord {
  if (row['plain'] === 1) return claimedFresh(plainPart(row), lease, tx.now)
  const fixed = tx.db.sql(wholeJob).get(seq)
  if (!fixed) throw new Error(`SQLite: job ${seq} is ready but not stored`)
  return claimedFresh(fixedPart(fixed), lease, tx.now)
}

// A job with a past: its new attempt is written to `live`.
function claimLive(tx: Tx, seq: number, lease: NonNullable<JobRecord['lease']>): LeasedJob {
  const stored = loadBySeq(tx.db, seq)
  if (!stored) throw new Error(`SQLite: job ${seq} is ready but not stored`)
  const before = stored.record
  const record: JobRecord = {
    ...before,
    rev: before.rev + 1,
    status: 'processing',
    waitReason: null,
    fence: lease.fence,
    attempt: before.attempt + 1,
    startedAt: tx.now,
    updatedAt: tx.now,
    lease,
  }
  putTimelineEntry(tx, seq, {
    seq: record.rev,
    at: tx.now,
    type: 'claimed',
    data: claimedData(record.attempt, lease.fence, lease.workerId),
  })
  tx.db.sql(putLive).run(seq, ...stateValues(record))
  if (record.policy.startWithinMs !== null) tx.db.sql(dropStartBy).run(seq)
  tx.touched(record)
  return leased(tx, { seq, record })
}

// The reply to an earlier claim was lost: the same leases, as far as they still stand.
function sameAgain(tx: Tx, fence: number): Claimed {
  const rows = tx.db.sql(leasedUnder).all(fence)
  return { fence, jobs: rows.map((row) => leasedAlready(tx, Number(row['seq']))) }
}

function leasedAlready(tx: Tx, seq: number): LeasedJob {
  const stored = loadBySeq(tx.db, seq)
  if (!stored) throw new Error(`SQLite: job ${seq} is leased but not stored`)
  return leased(tx, stored)
}

function leased({ db }: Tx, stored: Stored): LeasedJob {
  return {
    record: withoutInput(stored.record),
    inputJson: inputJson(db, stored),
    steps: stored.record.hasSteps ? stepsOf(db, stored.seq) : [],
  }
}

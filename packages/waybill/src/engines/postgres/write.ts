// Puts changed records where they belong: done at the end, live before; ready when they may run; leased while they run.
// One statement for all of a transaction. A job that was claimed out of `ready` since it was read stops everything.
import { stateColumns } from '../../engine/stored-rows.ts'
import type { JobRecord, Step } from '../../job/record.ts'
import { isEnd, statuses, type Status } from '../../job/status.ts'
import type { TimelineEntry } from '../../job/timeline.ts'
import type { Row, Session } from './db.ts'
import { Again } from './errors.ts'
import type { Stored } from './load.ts'
import { stateRow } from './rows.ts'
import { overOlder, putSteps, stepRow } from './steps.ts'

/** A job as it was read, as it is to be, and what happened in between. */
export interface Rewritten {
  before: Stored
  now: JobRecord
  events: TimelineEntry[]
  /** Recorded in between, by key; null: forgotten. */
  steps: Map<string, Step | null>
}

const replaced = stateColumns.replace(/\w+/g, 'excluded.$&')
const rewrite = `
WITH unready AS (
  DELETE FROM wb.ready r USING json_to_recordset($1::json) AS x (queue text, lane int, ticket bigint)
  WHERE r.queue = x.queue AND r.lane = x.lane AND r.ticket = x.ticket RETURNING 1),
ok AS MATERIALIZED (SELECT FROM (SELECT count(*) AS n FROM unready) u WHERE n = json_array_length($1::json)),
unleased AS (DELETE FROM wb.leased WHERE seq = ANY($2::bigint[]) AND EXISTS (SELECT FROM ok)),
undone AS (DELETE FROM wb.done WHERE seq = ANY($3::bigint[]) AND EXISTS (SELECT FROM ok)),
unlive AS (DELETE FROM wb.live WHERE seq = ANY($4::bigint[]) AND EXISTS (SELECT FROM ok)),
undated AS (DELETE FROM wb.start_by WHERE seq = ANY($5::bigint[]) AND EXISTS (SELECT FROM ok)),
marked AS (UPDATE wb.leased SET live = true WHERE seq = ANY($6::bigint[]) AND NOT live AND EXISTS (SELECT FROM ok)),
kept AS (
  INSERT INTO wb.live (seq, ticket, ${stateColumns})
  SELECT seq, ticket, ${stateColumns} FROM json_populate_recordset(NULL::wb.live, $7::json) WHERE EXISTS (SELECT FROM ok)
  ON CONFLICT (seq) DO UPDATE SET (ticket, ${stateColumns}) = ROW (excluded.ticket, ${replaced})),
ended AS (
  INSERT INTO wb.done (seq, worker_id, ${stateColumns})
  SELECT seq, worker_id, ${stateColumns} FROM json_populate_recordset(NULL::wb.done, $8::json) WHERE EXISTS (SELECT FROM ok)
  ON CONFLICT (seq) DO UPDATE SET (worker_id, ${stateColumns}) = ROW (excluded.worker_id, ${replaced})),
queued AS (
  INSERT INTO wb.ready (queue, lane, ticket, seq, live, dated)
  SELECT queue, lane, ticket, seq, true, dated
  FROM json_to_recordset($9::json) AS x (queue text, lane int, ticket bigint, seq bigint, dated boolean) WHERE EXISTS (SELECT FROM ok)),
unstepped AS (
  DELETE FROM wb.steps s USING json_to_recordset($13::json) AS x (seq bigint, key text)
  WHERE s.seq = x.seq AND s.key = x.key AND EXISTS (SELECT FROM ok)),
stepped AS (${putSteps('$12')} WHERE EXISTS (SELECT FROM ok) ${overOlder}),
told AS (
  INSERT INTO wb.timeline (seq, rev, at, type, data)
  SELECT seq, rev, at, type, data FROM json_populate_recordset(NULL::wb.timeline, $10::json) WHERE EXISTS (SELECT FROM ok)),
counted AS (
  INSERT INTO wb.tallies (queue, scheduled, pending, waiting, processing, completed, failed, cancelled)
  SELECT queue, scheduled, pending, waiting, processing, completed, failed, cancelled
  FROM json_populate_recordset(NULL::wb.tallies, $11::json) WHERE EXISTS (SELECT FROM ok))
SELECT EXISTS (SELECT FROM ok) AS ok`

/** Throws `Again` when one of the jobs was claimed meanwhile. `tickets` are places behind everyone, one a job at least. */
export async function write(session: Session, jobs: Rewritten[], tickets: number[]): Promise<void> {
  if (jobs.length === 0) return
  const places = new Map(jobs.filter(({ now }) => now.status === 'pending').map((job, i) => [job, tickets[i] ?? null]))
  const seqs = (which: (job: Rewritten) => boolean) => jobs.filter(which).map(({ before }) => before.seq)
  const [row] = await session.rows(rewrite, [
    JSON.stringify(jobs.filter(({ before }) => before.record.status === 'pending').map(oldPlace)),
    seqs(({ before, now }) => before.record.lease !== null && now.status !== 'processing'),
    seqs(({ before, now }) => isEnd(before.record.status) && !isEnd(now.status)),
    seqs(({ now }) => isEnd(now.status)),
    seqs(isUndated),
    seqs(({ now }) => now.status === 'processing'),
    JSON.stringify(jobs.filter(({ now }) => !isEnd(now.status)).map((job) => liveRow(job, places.get(job) ?? null))),
    JSON.stringify(jobs.filter(({ now }) => isEnd(now.status)).map(doneRow)),
    JSON.stringify([...places].map(([job, ticket]) => newPlace(job, ticket))),
    JSON.stringify(jobs.flatMap(entryRows)),
    JSON.stringify(deltas(jobs)),
    JSON.stringify(jobs.flatMap(stepRows)),
    JSON.stringify(jobs.flatMap(forgottenSteps)),
  ])
  if (row?.['ok'] !== true) throw new Again('a job was claimed meanwhile')
}

function oldPlace({ before }: Rewritten): Row {
  return { queue: before.record.queue, lane: 10 - before.record.priority, ticket: before.ticket }
}

function newPlace({ before, now }: Rewritten, ticket: number | null): Row {
  const dated = now.policy.startWithinMs !== null && now.startedAt === null
  return { queue: now.queue, lane: 10 - now.priority, ticket, seq: before.seq, dated }
}

function liveRow({ before, now }: Rewritten, ticket: number | null): Row {
  return { ...stateRow(before.seq, now), ticket }
}

function doneRow({ before, now }: Rewritten): Row {
  return { ...stateRow(before.seq, now), worker_id: null }
}

// Started or over: nothing more is asked of its start.
function isUndated({ now }: Rewritten): boolean {
  return now.policy.startWithinMs !== null && (now.startedAt !== null || isEnd(now.status))
}

// What the rows have only implied so far is written out before something is added that they do not imply.
function entryRows({ before, events }: Rewritten): Row[] {
  const entries = before.written ? events : [...before.timeline, ...events]
  return entries.map(({ seq: rev, at, type, data }) => ({ seq: before.seq, rev, at, type, data: JSON.stringify(data) }))
}

function stepRows({ before, steps }: Rewritten): Row[] {
  return [...steps.values()].flatMap((step) => (step ? [stepRow(before.seq, step)] : []))
}

function forgottenSteps({ before, steps }: Rewritten): Row[] {
  return [...steps].flatMap(([key, step]) => (step ? [] : [{ seq: before.seq, key }]))
}

/** What the moves of jobs do to the counts of their queues. */
function deltas(jobs: Rewritten[]): Row[] {
  const queues = new Map<string, Record<Status, number>>()
  for (const { before, now } of jobs) {
    if (before.record.status === now.status) continue
    const counts = queues.get(now.queue) ?? noCounts()
    counts[before.record.status]--
    counts[now.status]++
    queues.set(now.queue, counts)
  }
  return [...queues].map(([queue, counts]) => ({ queue, ...counts }))
}

export function noCounts(): Record<Status, number> {
  return { scheduled: 0, pending: 0, waiting: 0, processing: 0, completed: 0, failed: 0, cancelled: 0 }
}

/** Counts from a row that has a column for each status. */
export function countsFrom(row: Row | undefined): Record<Status, number> {
  const counts = noCounts()
  for (const status of statuses) counts[status] = Number(row?.[status] ?? 0)
  return counts
}

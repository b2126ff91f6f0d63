// restore: jobs of another store into the rows that they would have had here, with their histories written out. One
// statement for all of a call; only ids that were free go on to the other tables.
import { jsonOrNull, stateColumns, text } from '../../engine/stored-rows.ts'
import type { SavedJob } from '../../engine/engine.ts'
import { highestFence, isUntouched, refuseLeased, startByOf } from '../../engine/saved.ts'
import { isEnd, statuses } from '../../job/status.ts'
import { folded } from './admit.ts'
import { instant } from './clock.ts'
import type { Row, Session } from './db.ts'
import { withPartition } from './insert.ts'
import { encodePolicy } from '../../engine/stored-policy.ts'
import { stateRow } from './rows.ts'
import { newsOf, type Store } from './store.ts'

const patience = 30_000
/** Jobs in one statement. */
const mostJobs = 100
/** Fences that others may take between a look at the sequence and its rise. */
const margin = 2 ** 20

const lock = "SELECT pg_advisory_xact_lock(hashtextextended('waybill restore wb.', 0))"
const raiseFence = `
SELECT setval('wb.fences', $1::bigint + ${margin}) FROM wb.fences WHERE last_value <= $1::bigint`
const tallied = statuses.map((status) => `count(*) FILTER (WHERE status = '${status}')`).join(', ')
const put = `
WITH t AS MATERIALIZED (${instant('$2')}),
asked AS MATERIALIZED (
  SELECT * FROM json_to_recordset($1::json) AS g (
    place int, id text, type text, queue text, user_id text, priority int, created_at bigint, title text, subject text, tags jsonb,
    metadata text, policy text, parent_id text, batch_id text, schedule_key text, traceparent text, folded text, input text,
    status text, ended boolean, start_by bigint, state json, timeline json, steps json, logs json)),
unknown AS (
  SELECT asked.* FROM asked, t WHERE NOT EXISTS (SELECT FROM wb.ids i WHERE i.id = asked.id)
  AND NOT EXISTS (SELECT FROM wb.tombstones b WHERE b.id = asked.id AND b.expires_at > now) ORDER BY place),
given AS MATERIALIZED (SELECT nextval('wb.seqs') AS seq, u.* FROM unknown u),
named AS (INSERT INTO wb.ids (id, seq) SELECT id, seq FROM given ON CONFLICT DO NOTHING RETURNING seq),
free AS MATERIALIZED (SELECT given.* FROM given JOIN named USING (seq)),
stored AS (
  INSERT INTO wb.jobs (seq, id, type, queue, user_id, priority, created_at, title, subject, tags, metadata, policy,
    parent_id, batch_id, schedule_key, traceparent, folded, input)
  SELECT seq, id, type, queue, user_id, priority, created_at, title, subject, tags, metadata, policy,
    parent_id, batch_id, schedule_key, traceparent, folded, input FROM free),
waiting AS (
  INSERT INTO wb.ready (queue, lane, ticket, seq, live, dated)
  SELECT queue, 10 - priority, seq, seq, state IS NOT NULL, start_by IS NOT NULL FROM free WHERE status = 'pending'),
living AS (
  INSERT INTO wb.live (seq, ticket, ${stateColumns})
  SELECT f.seq, CASE WHEN f.status = 'pending' THEN f.seq END, ${stateColumns.replace(/\w+/g, 's.$&')}
  FROM free f CROSS JOIN LATERAL json_populate_record(NULL::wb.live, f.state) s WHERE NOT f.ended AND f.state IS NOT NULL),
over AS (
  INSERT INTO wb.done (seq, ${stateColumns}) SELECT f.seq, ${stateColumns.replace(/\w+/g, 's.$&')}
  FROM free f CROSS JOIN LATERAL json_populate_record(NULL::wb.done, f.state) s WHERE f.ended),
dated AS (INSERT INTO wb.start_by (seq, at) SELECT seq, start_by FROM free WHERE start_by IS NOT NULL),
told AS (
  INSERT INTO wb.timeline (seq, rev, at, type, data) SELECT f.seq, x.rev, x.at, x.type, x.data
  FROM free f CROSS JOIN LATERAL json_populate_recordset(NULL::wb.timeline, f.timeline) x),
stepped AS (
  INSERT INTO wb.steps (seq, key, status, attempt, started_at, ended_at, result)
  SELECT f.seq, x.key, x.status, x.attempt, x.started_at, x.ended_at, x.result
  FROM free f CROSS JOIN LATERAL json_populate_recordset(NULL::wb.steps, f.steps) x),
logged AS (
  INSERT INTO wb.logs (seq, n, at, level, message, fields, attempt, audience)
  SELECT f.seq, x.n, x.at, x.level, x.message, x.fields, x.attempt, x.audience
  FROM free f CROSS JOIN LATERAL json_populate_recordset(NULL::wb.logs, f.logs) x),
counted AS (
  INSERT INTO wb.tallies (queue, ${statuses.join(', ')}) SELECT queue, ${tallied} FROM free GROUP BY queue)
SELECT id, (SELECT max(seq) FROM given) AS top FROM free`

export async function restore(store: Store, jobs: SavedJob[]): Promise<('stored' | 'present')[]> {
  refuseLeased(jobs)
  const answers: ('stored' | 'present')[] = []
  for (let from = 0; from < jobs.length; from += mostJobs)
    answers.push(...(await restoreSome(store, jobs.slice(from, from + mostJobs))))
  return answers
}

async function restoreSome(store: Store, jobs: SavedJob[]): Promise<('stored' | 'present')[]> {
  const rows = await withPartition(store, () =>
    store.db.transaction((session) => within(session, store, jobs), patience),
  )
  const stored = new Set(rows.map((row) => text(row['id'])))
  if (rows[0]) store.partitions.reached(Number(rows[0]['top']))
  store.tell(newsOf(jobs.flatMap(({ record }) => (stored.has(record.id) ? [record] : []))))
  // An id that came twice was stored the first time.
  return jobs.map(({ record }) => (stored.delete(record.id) ? 'stored' : 'present'))
}

// One at a time: two that raise the sequence of fences at once could lower it again.
async function within(session: Session, store: Store, jobs: SavedJob[]): Promise<Row[]> {
  await session.rows(lock)
  const rows = await session.rows(put, [JSON.stringify(jobs.map(rowOf)), store.clock.offset])
  await session.rows(raiseFence, [highestFence(jobs)])
  return rows
}

function rowOf(job: SavedJob, place: number): Row {
  const { record, inputJson, timeline, steps, logs } = job
  const { input: _, ...state } = record // the input in force is in `jobs` already
  const untouched = isUntouched(job)
  return {
    place,
    id: record.id,
    type: record.type,
    queue: record.queue,
    user_id: record.userId,
    priority: record.priority,
    created_at: record.createdAt,
    title: record.title,
    subject: record.subject,
    tags: record.tags.length === 0 ? null : record.tags,
    metadata: Object.keys(record.metadata).length === 0 ? null : JSON.stringify(record.metadata),
    policy: encodePolicy(record.policy),
    parent_id: record.parentId,
    batch_id: record.batchId,
    schedule_key: record.scheduleKey,
    traceparent: record.traceparent,
    folded: folded(record),
    input: inputJson,
    status: record.status,
    ended: isEnd(record.status),
    start_by: startByOf(job),
    state: untouched ? null : stateRow(0, state),
    timeline: untouched ? [] : timeline.map(entryRow),
    steps: steps.map(stepRow),
    logs: logs.map(({ seq, fields, ...line }) => ({ ...line, n: seq, fields: jsonOrNull(fields) })),
  }
}

function entryRow({ seq, at, type, data }: SavedJob['timeline'][number]): Row {
  return { rev: seq, at, type, data: JSON.stringify(data) }
}

function stepRow({ key, status, attempt, startedAt, endedAt, result }: SavedJob['steps'][number]): Row {
  return { key, status, attempt, started_at: startedAt, ended_at: endedAt, result: JSON.stringify(result) }
}

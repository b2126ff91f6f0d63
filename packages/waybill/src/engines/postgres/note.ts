// note: progress, log lines and steps of running jobs, under their fence. The row in `leased` is the lock: whoever ends
// or takes back the job must have it too.
import { jsonOrNull, stateColumns } from '../../engine/stored-rows.ts'
import type { Note } from '../../engine/engine.ts'
import { recorded } from '../../job/change.ts'
import { limits } from '../../job/limits.ts'
import { notedState } from '../../job/progress.ts'
import type { JobRecord } from '../../job/record.ts'
import { instant } from './clock.ts'
import type { Row, Session } from './db.ts'
import { loadBySeqs, type Stored } from './load.ts'
import { stateRow } from './rows.ts'
import { overOlder, putSteps, stepRow } from './steps.ts'
import { newsOf, type Store } from './store.ts'

const lockLeased = `
WITH held AS MATERIALIZED (
  SELECT d.seq FROM wb.leased d WHERE d.seq = ANY (ARRAY(SELECT seq FROM wb.ids WHERE id = ANY($2))) ORDER BY d.seq FOR UPDATE)
SELECT now, (SELECT string_agg(seq::text, ',') FROM held) AS held FROM (${instant('$1')}) t`
const replaced = stateColumns.replace(/\w+/g, 'excluded.$&')
const keep = `
WITH marked AS (UPDATE wb.leased SET live = true WHERE seq = ANY($1::bigint[]) AND NOT live),
kept AS (
  INSERT INTO wb.live (seq, ${stateColumns}) SELECT seq, ${stateColumns} FROM json_populate_recordset(NULL::wb.live, $2::json)
  ON CONFLICT (seq) DO UPDATE SET (${stateColumns}) = ROW (${replaced})),
told AS (
  INSERT INTO wb.timeline (seq, rev, at, type, data)
  SELECT seq, rev, at, type, data FROM json_populate_recordset(NULL::wb.timeline, $3::json)),
stepped AS (${putSteps('$4')} ${overOlder}),
given AS MATERIALIZED (SELECT * FROM json_populate_recordset(NULL::wb.logs, $5::json)),
tops AS MATERIALIZED (
  SELECT g.seq, coalesce((SELECT max(n) FROM wb.logs WHERE seq = g.seq), 0) AS top FROM (SELECT DISTINCT seq FROM given) g),
lines AS MATERIALIZED (SELECT g.*, g.n + t.top AS place FROM given g JOIN tops t ON t.seq = g.seq),
logged AS (
  INSERT INTO wb.logs (seq, n, at, level, message, fields, attempt, audience)
  SELECT seq, place, at, level, message, fields, attempt, audience FROM lines)
SELECT seq, max(place) AS top FROM lines GROUP BY seq`
const dropOldLogs = `
DELETE FROM wb.logs l USING unnest($1::bigint[], $2::int[]) AS x (seq, oldest) WHERE l.seq = x.seq AND l.n <= x.oldest`

/** One job's notes: as it was read, as it is to be. */
interface Noted {
  before: Stored
  now: JobRecord
  logs: Row[]
  steps: Map<string, Row>
}

export async function note(store: Store, notes: Note[]): Promise<(number | 'lost')[]> {
  if (notes.length === 0) return []
  const { answers, moved } = await store.db.transaction((session) => within(session, store, notes))
  if (moved.length > 0) store.tell({ ...newsOf(moved), queues: [] })
  return answers
}

async function within(
  session: Session,
  store: Store,
  notes: Note[],
): Promise<{ answers: (number | 'lost')[]; moved: JobRecord[] }> {
  const [row] = await session.rows(lockLeased, [store.clock.offset, notes.map(({ id }) => id)])
  const seqs = typeof row?.['held'] === 'string' ? row['held'].split(',').map(Number) : []
  const clock = store.clock.saw(row?.['now'])
  const stored = await loadBySeqs(session, seqs, { timeline: true })
  const jobs = new Map(stored.map((job) => [job.record.id, notedFrom(job)]))
  const answers = notes.map((said) => noteOne(jobs.get(said.id), said, clock))
  const noted = [...jobs.values()]
  if (noted.some(isChanged)) await keepNoted(session, noted)
  return { answers, moved: noted.filter(({ before, now }) => before.record.rev !== now.rev).map(({ now }) => now) }
}

// Beyond the limit of a job the oldest lines go.
async function keepNoted(session: Session, noted: Noted[]): Promise<void> {
  const rows = await session.rows(keep, values(noted))
  const over = rows.filter((row) => Number(row['top']) > limits['logLines'])
  if (over.length === 0) return
  const seqs = over.map((row) => Number(row['seq']))
  await session.rows(dropOldLogs, [seqs, over.map((row) => Number(row['top']) - limits['logLines'])])
}

function notedFrom(before: Stored): Noted {
  return { before, now: before.record, logs: [], steps: new Map() }
}

function noteOne(job: Noted | undefined, said: Note, clock: number): number | 'lost' {
  if (!job || job.now.lease?.fence !== said.fence) return 'lost'
  const { seq } = job.before
  const at = Math.max(clock, job.now.updatedAt)
  for (const line of said.logs ?? [])
    job.logs.push({ ...line, fields: jsonOrNull(line.fields), seq, n: job.logs.length + 1, at })
  for (const step of said.steps ?? []) job.steps.set(step.key, stepRow(seq, recorded(step, at)))
  if (job.steps.size > 0) job.now = { ...job.now, hasSteps: true }
  const news = notedState(job.now, said)
  if (Object.keys(news).length > 0) job.now = { ...job.now, ...news, rev: job.now.rev + 1, updatedAt: at }
  return job.now.rev
}

function isChanged({ before, now, logs, steps }: Noted): boolean {
  return now !== before.record || logs.length > 0 || steps.size > 0
}

function values(noted: Noted[]): (string | number[])[] {
  const moved = noted.filter(({ before, now }) => now !== before.record)
  const fresh = moved.filter(({ before }) => !before.live && !before.written)
  return [
    moved.map(({ before }) => before.seq),
    JSON.stringify(moved.map(({ before, now }) => stateRow(before.seq, now))),
    JSON.stringify(fresh.flatMap(impliedRows)),
    JSON.stringify(noted.flatMap(({ steps }) => [...steps.values()])),
    JSON.stringify(noted.flatMap(({ logs }) => logs)),
  ]
}

// A job that gets a row in `live` has a history of its own from then on.
function impliedRows({ before }: Noted): Row[] {
  return before.timeline.map(({ seq: rev, at, type, data }) => ({
    seq: before.seq,
    rev,
    at,
    type,
    data: JSON.stringify(data),
  }))
}

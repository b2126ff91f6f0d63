// list and count: one statement a way in (an owner's jobs, a subject's, …, or all), every other condition a parameter.
import { text } from '../../engine/stored-rows.ts'
import type { JobFilter, ListPage, ListRequest } from '../../engine/engine.ts'
import { isStatus, statuses, type Status } from '../../job/status.ts'
import type { Db, Value } from './db.ts'
import { loadBySeq } from './load.ts'
import { withoutInput } from './read.ts'

const wayIn = {
  user: 'j.user_id = :user',
  subject: 'j.subject = :subject',
  batch: 'j.batch_id = :batch',
  schedule: 'j.schedule_key = :schedule',
  parent: 'j.parent_id = :parent',
  unhappy: 'j.seq IN (SELECT seq FROM done WHERE status IN (:s1, :s2))',
  all: 'true',
} as const
type WayIn = keyof typeof wayIn

const status = `CASE WHEN d.seq IS NOT NULL THEN d.status WHEN x.seq IS NOT NULL THEN 'processing' WHEN l.seq IS NOT NULL THEN l.status ELSE 'pending' END`

const matching = (way: WayIn): string => `
FROM jobs j LEFT JOIN done d ON d.seq = j.seq LEFT JOIN live l ON l.seq = j.seq LEFT JOIN leased x ON x.seq = j.seq
WHERE ${wayIn[way]}
  AND (:anyone OR j.user_id IS :user)
  AND (:subject IS NULL OR j.subject = :subject) AND (:batch IS NULL OR j.batch_id = :batch)
  AND (:schedule IS NULL OR j.schedule_key = :schedule) AND (:parent IS NULL OR j.parent_id = :parent)
  AND (:type IS NULL OR j.type = :type) AND (:queue IS NULL OR j.queue = :queue)
  AND (:created_after IS NULL OR j.created_at > :created_after) AND (:created_before IS NULL OR j.created_at < :created_before)
  AND (:tag IS NULL OR EXISTS (SELECT 1 FROM json_each(j.tags) WHERE value = :tag))
  AND (:text IS NULL OR instr(folded(j.title), :text) > 0 OR instr(folded(j.type), :text) > 0 OR instr(folded(j.id), :text) > 0)
  AND (:updated_since IS NULL OR :updated_since <= coalesce(d.updated_at, l.updated_at,
        (SELECT started_at FROM leases WHERE fence = x.fence), j.created_at))
  AND (:statuses IS NULL OR ${status} IN (SELECT value FROM json_each(:statuses)))`

const newestFirst = (way: WayIn): string =>
  `SELECT j.seq ${matching(way)} AND (:after IS NULL OR j.seq < :after) ORDER BY j.seq DESC LIMIT :limit OFFSET :offset`
const oldestFirst = (way: WayIn): string =>
  `SELECT j.seq ${matching(way)} AND (:after IS NULL OR j.seq > :after) ORDER BY j.seq LIMIT :limit OFFSET :offset`
const counting = (way: WayIn): string => `SELECT ${status} AS status, count(*) AS n ${matching(way)} GROUP BY 1`
const totals = `
SELECT sum(scheduled) AS scheduled, sum(pending) AS pending, sum(waiting) AS waiting, sum(processing) AS processing,
  sum(completed) AS completed, sum(failed) AS failed, sum(cancelled) AS cancelled
FROM queues WHERE (? IS NULL OR queue = ?)`

export function list(db: Db, request: ListRequest): ListPage {
  const way = choose(request.filter)
  const statement = request.oldestFirst ? oldestFirst(way) : newestFirst(way)
  const rows = db.sql(statement).all({
    ...parameters(request.filter),
    after: request.after ? Number(request.after) : null,
    limit: request.limit + 1,
    offset: request.offset ?? 0,
  })
  const page = rows.slice(0, request.limit).map((row) => Number(row['seq']))
  const records = page.flatMap((seq) => loadBySeq(db, seq)?.record ?? []).map(withoutInput)
  return { records, next: rows.length > request.limit ? String(page.at(-1)) : null }
}

export function count(db: Db, filter: JobFilter): Record<Status, number> {
  const counts = noCounts()
  const given = Object.entries(filter)
    .filter(([, value]) => value !== undefined)
    .map(([key]) => key)
  if (given.every((key) => key === 'queue')) return totalsOf(db, filter.queue ?? null, counts)
  for (const row of db.sql(counting(choose(filter))).all(parameters(filter))) {
    const name = text(row['status'])
    if (isStatus(name)) counts[name] = Number(row['n'])
  }
  return counts
}

function totalsOf(db: Db, queue: string | null, counts: Record<Status, number>): Record<Status, number> {
  const row = db.sql(totals).get(queue, queue)
  for (const name of statuses) counts[name] = Number(row?.[name] ?? 0)
  return counts
}

function noCounts(): Record<Status, number> {
  return { scheduled: 0, pending: 0, waiting: 0, processing: 0, completed: 0, failed: 0, cancelled: 0 }
}

// The most selective condition leads.
function choose(filter: JobFilter): WayIn {
  if (filter.subject !== undefined) return 'subject'
  if (filter.batchId !== undefined) return 'batch'
  if (filter.parentId !== undefined) return 'parent'
  if (filter.scheduleKey !== undefined) return 'schedule'
  if (typeof filter.userId === 'string') return 'user'
  return filter.status?.every((s) => s === 'failed' || s === 'cancelled') ? 'unhappy' : 'all'
}

function parameters(f: JobFilter): Record<string, Value> {
  return {
    anyone: f.userId === undefined ? 1 : 0,
    user: f.userId ?? null,
    subject: f.subject ?? null,
    batch: f.batchId ?? null,
    schedule: f.scheduleKey ?? null,
    parent: f.parentId ?? null,
    type: f.type ?? null,
    queue: f.queue ?? null,
    tag: f.tag ?? null,
    created_after: f.createdAfter ?? null,
    created_before: f.createdBefore ?? null,
    updated_since: f.updatedSince ?? null,
    text: f.text?.toLowerCase() ?? null,
    statuses: f.status ? JSON.stringify(f.status) : null,
    s1: f.status?.[0] ?? null,
    s2: f.status?.[1] ?? f.status?.[0] ?? null,
  }
}

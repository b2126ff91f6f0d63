// list and count. Every condition is a parameter; the planner knows their values when it plans (statements are unnamed)
// and drops those that are not asked for. One way in more: few jobs have ended unhappily, run or wait, so a page of such
// begins with those. Another: what changed of late is found by the time of change, however much is kept.
import { text } from '../../engine/stored-rows.ts'
import type { JobFilter, ListPage, ListRequest } from '../../engine/engine.ts'
import { isStatus, type Status } from '../../job/status.ts'
import type { Value } from './db.ts'
import { loadBySeqs, withoutInput } from './load.ts'
import type { Store } from './store.ts'
import { countsFrom, noCounts } from './write.ts'

const status = "coalesce(d.status, CASE WHEN x.seq IS NOT NULL THEN 'processing' END, l.status, 'pending')"
const conditions = `
  ($1::boolean OR $2::text IS NOT NULL OR j.user_id IS NULL) AND ($2::text IS NULL OR j.user_id = $2)
  AND ($3::text IS NULL OR j.subject = $3) AND ($4::text IS NULL OR j.batch_id = $4)
  AND ($5::text IS NULL OR j.schedule_key = $5) AND ($6::text IS NULL OR j.parent_id = $6)
  AND ($7::text IS NULL OR j.type = $7) AND ($8::text IS NULL OR j.queue = $8)
  AND ($9::bigint IS NULL OR j.created_at > $9) AND ($10::bigint IS NULL OR j.created_at < $10)
  AND ($11::text IS NULL OR j.tags ? $11)
  AND ($12::text IS NULL OR position($12 IN coalesce(j.folded, lower(concat_ws(U&'\\0001', coalesce(j.title, ''), j.type, j.id)))) > 0)
  AND ($13::bigint IS NULL OR $13 <= coalesce(d.updated_at, l.updated_at, x.started_at, j.created_at))
  AND ($14::text[] IS NULL OR ${status} = ANY ($14))`

const states = (join: string): string => `
${join} (SELECT seq, status, updated_at FROM wb.done WHERE seq = j.seq LIMIT 1) d ON true
${join} (SELECT seq, status, updated_at FROM wb.live WHERE seq = j.seq LIMIT 1) l ON true
${join} (SELECT w.seq, s.started_at FROM wb.leased w LEFT JOIN wb.leases s ON s.fence = w.fence WHERE w.seq = j.seq LIMIT 1) x ON true`
const few = `
AND j.seq IN (
  SELECT seq FROM wb.done WHERE status = ANY ($14) AND status <> 'completed'
  UNION ALL SELECT seq FROM wb.live WHERE status = ANY ($14) UNION ALL SELECT seq FROM wb.leased WHERE 'processing' = ANY ($14))`

const changed = `
AND j.seq IN (
  SELECT seq FROM wb.done WHERE updated_at >= $13 UNION ALL SELECT seq FROM wb.live WHERE updated_at >= $13
  UNION ALL SELECT w.seq FROM wb.leased w JOIN wb.leases s ON s.fence = w.fence WHERE s.started_at >= $13
  UNION ALL SELECT seq FROM wb.jobs WHERE seq >= $18)`

const page = (narrowed: string, beyond: string, order: string): string => `
SELECT j.seq FROM wb.jobs j ${states('LEFT JOIN LATERAL')}
WHERE ${conditions} ${narrowed} AND ($15::bigint IS NULL OR j.seq ${beyond} $15)
ORDER BY j.seq ${order} LIMIT $16 OFFSET $17`
const pages = {
  newest: page('', '<', 'DESC'),
  oldest: page('', '>', 'ASC'),
  newestChanged: page(changed, '<', 'DESC'),
  oldestChanged: page(changed, '>', 'ASC'),
  newestFew: page(few, '<', 'DESC'),
  oldestFew: page(few, '>', 'ASC'),
}
// All rows are looked at: the planner may join as it likes.
const counted = `
SELECT ${status} AS status, count(*) AS n FROM wb.jobs j
LEFT JOIN wb.done d ON d.seq = j.seq LEFT JOIN wb.live l ON l.seq = j.seq
LEFT JOIN (SELECT w.seq, s.started_at FROM wb.leased w LEFT JOIN wb.leases s ON s.fence = w.fence) x ON x.seq = j.seq
WHERE ${conditions} GROUP BY 1`
const totals = `
SELECT sum(scheduled)::bigint AS scheduled, sum(pending)::bigint AS pending, sum(waiting)::bigint AS waiting,
  sum(processing)::bigint AS processing, sum(completed)::bigint AS completed, sum(failed)::bigint AS failed,
  sum(cancelled)::bigint AS cancelled FROM wb.tallies WHERE ($1::text IS NULL OR queue = $1)`

// Numbers rise with the time of insert, near enough: of the newest jobs so many that the oldest was made before `since`.
const newestJobs = `
SELECT min(seq) AS seq, min(created_at) AS oldest FROM (SELECT seq, created_at FROM wb.jobs ORDER BY seq DESC LIMIT $1) j`
const fewestLooked = 1_000
const mostLooked = 64_000
/** By how much times may be out of order. */
const slackMs = 5_000

/** Every job made since has this number or a higher one; null when very many were. */
async function madeSince({ db }: Store, since: number): Promise<number | null> {
  for (let most = fewestLooked; most <= mostLooked; most *= 8) {
    const [row] = await db.rows(newestJobs, [most])
    if (row?.['seq'] == null) return 0
    if (Number(row['oldest']) < since - slackMs) return Number(row['seq'])
  }
  return null
}

export async function list(store: Store, request: ListRequest): Promise<ListPage> {
  const since = request.filter.updatedSince
  const made = since === undefined ? null : await madeSince(store, since)
  const rows = await store.db.rows(statementFor(request, made !== null), [
    ...parameters(request.filter),
    request.after ? Number(request.after) : null,
    request.limit + 1,
    request.offset ?? 0,
    ...(made === null ? [] : [made]),
  ])
  const seqs = rows.slice(0, request.limit).map((row) => Number(row['seq']))
  const stored = await loadBySeqs(store.db, seqs)
  const next = rows.length > request.limit ? String(seqs.at(-1)) : null
  return { records: stored.map(({ record }) => withoutInput(record)), next }
}

const many: readonly Status[] = ['completed', 'pending']

function statementFor({ filter, oldestFirst }: ListRequest, byChange: boolean): string {
  if (byChange) return oldestFirst ? pages.oldestChanged : pages.newestChanged
  const isFew = filter.status?.every((one) => !many.includes(one)) === true
  if (oldestFirst) return isFew ? pages.oldestFew : pages.oldest
  return isFew ? pages.newestFew : pages.newest
}

export async function count({ db }: Store, filter: JobFilter): Promise<Record<Status, number>> {
  const given = Object.entries(filter).flatMap(([key, value]) => (value === undefined ? [] : [key]))
  if (given.every((key) => key === 'queue')) return countsFrom((await db.rows(totals, [filter.queue ?? null]))[0])
  const counts = noCounts()
  for (const row of await db.rows(counted, parameters(filter))) {
    const name = text(row['status'])
    if (isStatus(name)) counts[name] = Number(row['n'])
  }
  return counts
}

function parameters(f: JobFilter): Value[] {
  return [
    f.userId === undefined,
    f.userId ?? null,
    f.subject ?? null,
    f.batchId ?? null,
    f.scheduleKey ?? null,
    f.parentId ?? null,
    f.type ?? null,
    f.queue ?? null,
    f.createdAfter ?? null,
    f.createdBefore ?? null,
    f.tag ?? null,
    f.text?.toLowerCase() ?? null,
    f.updatedSince ?? null,
    f.status ?? null,
  ]
}

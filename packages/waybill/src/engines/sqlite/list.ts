// list and count: one statement a way in (an owner's jobs, a subject's, …, or all), every other condition a parameter.
import { text } from '../../engine/stored-rows.ts'
import type { JobFilter, ListPage, ListRequest } from '../../engine/engine.ts'
import { isStatus, statuses, type Status } from '../../job/status.ts'
import type { Db } from './db.ts'
import { loadBySeq } from './load.ts'
import { withoutInput } from './read.ts'
import { beyondAll, bite, choose, chooseFor, endOfBite, madeSince, parameters, wayIn, type WayIn } from './ways.ts'

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

const newestFirstOf = (way: WayIn): string =>
  `SELECT j.seq ${matching(way)} AND j.seq < :after AND j.seq >= :until ORDER BY j.seq DESC LIMIT :limit OFFSET :offset`
const oldestFirstOf = (way: WayIn): string =>
  `SELECT j.seq ${matching(way)} AND j.seq > :after AND j.seq <= :until ORDER BY j.seq LIMIT :limit OFFSET :offset`
const counting = (way: WayIn): string => `SELECT ${status} AS status, count(*) AS n ${matching(way)} GROUP BY 1`
const totals = `
SELECT sum(scheduled) AS scheduled, sum(pending) AS pending, sum(waiting) AS waiting, sum(processing) AS processing,
  sum(completed) AS completed, sum(failed) AS failed, sum(cancelled) AS cancelled
FROM queues WHERE (? IS NULL OR queue = ?)`

/** Reads in one step; the rare lock is tried again. */
type Read = <T>(run: (db: Db) => T) => Promise<T>

export async function list(read: Read, request: ListRequest): Promise<ListPage> {
  const { filter, limit, oldestFirst = false, offset = 0, look = Infinity } = request
  const way = await read((db) => chooseFor(db, filter))
  const given = await read((db) => ({ ...parameters(filter), ...madeSince(db, way, filter) }))
  const found: number[] = []
  let looked = 0
  let after: number | null = request.after ? Number(request.after) : oldestFirst ? -1 : beyondAll
  while (after !== null && found.length <= limit && looked < look) {
    const from: number = after
    // Pages that are numbered are read in one go: what is skipped must be counted.
    const until: number | null = await read((db) =>
      offset > 0 ? null : endOfBite(db, way, oldestFirst, { ...given, after: from }),
    )
    const wanted = {
      ...given,
      after: from,
      until: until ?? (oldestFirst ? beyondAll : -1),
      limit: limit + 1 - found.length,
      offset,
    }
    const statement = oldestFirst ? oldestFirstOf(way) : newestFirstOf(way)
    found.push(...(await read((db) => db.sql(statement).all(wanted))).map((row) => Number(row['seq'])))
    after = until
    looked += bite
    if (after !== null && found.length <= limit) await new Promise<void>((resolve) => setImmediate(resolve))
  }
  const page = found.slice(0, limit)
  const records = await read((db) => page.flatMap((seq) => loadBySeq(db, seq)?.record ?? []).map(withoutInput))
  return { records, next: nextOf(found.length > limit ? page.at(-1) : after) }
}

function nextOf(seq: number | null | undefined): string | null {
  return seq == null ? null : String(seq)
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

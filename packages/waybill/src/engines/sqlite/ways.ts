// The way into a list: which index leads, and how far one statement goes. No statement may look at very many jobs, since
// it holds up everything else this process does; how many an owner has does not matter.
import type { JobFilter } from '../../engine/engine.ts'
import type { Db, Value } from './db.ts'

export const wayIn = {
  user: 'j.user_id = :user',
  subject: 'j.subject = :subject',
  batch: 'j.batch_id = :batch',
  schedule: 'j.schedule_key = :schedule',
  parent: 'j.parent_id = :parent',
  unhappy: 'j.seq IN (SELECT seq FROM done WHERE status IN (:s1, :s2))',
  changed: `j.seq IN (
    SELECT seq FROM done WHERE updated_at >= :updated_since UNION ALL SELECT seq FROM live WHERE updated_at >= :updated_since
    UNION ALL SELECT x.seq FROM leased x JOIN leases s ON s.fence = x.fence WHERE s.started_at >= :updated_since
    UNION ALL SELECT seq FROM jobs WHERE seq >= :made_since)`,
  all: 'true',
} as const
export type WayIn = keyof typeof wayIn

export const beyondAll: number = Number.MAX_SAFE_INTEGER

/** More jobs than this in its own way in, and a filter by time of change goes by that. */
const many = 2_000

// What changed is found by the time of change, unless the way in is narrow or very much has changed.
export function chooseFor(db: Db, filter: JobFilter): WayIn {
  const way = choose(filter)
  if (filter.updatedSince === undefined) return way
  const given = parameters(filter)
  const isMany = (sql: string, most: number) => db.sql(sql).all({ ...given, most }).length >= most
  const narrow = !isMany(`SELECT 1 FROM jobs j WHERE ${wayIn[way]} LIMIT :most`, many)
  return narrow || isMany(endedSince, 10 * many) ? way : 'changed'
}

const endedSince = 'SELECT 1 FROM done WHERE updated_at >= :updated_since LIMIT :most'
const newestJobs = `
SELECT min(seq) AS seq, max(created_at) AS newest FROM (SELECT seq, created_at FROM jobs WHERE seq < ? ORDER BY seq DESC LIMIT 500)`

// Numbers rise with the time of insert, near enough: a run of older jobs ends the look.
export function madeSince(db: Db, way: WayIn, { updatedSince = 0 }: JobFilter): Record<string, Value> {
  if (way !== 'changed') return {}
  for (let seq = beyondAll; ; ) {
    const row = db.sql(newestJobs).get(seq)
    if (row?.['seq'] == null || Number(row['newest']) < updatedSince) return { made_since: seq }
    seq = Number(row['seq'])
  }
}

/** Jobs looked at in one statement; between two of them other work of this process has its turn. */
export const bite = 2_000

const ends = (way: WayIn, beyond: string, order: string): string =>
  `SELECT j.seq FROM jobs j WHERE ${wayIn[way]} AND j.seq ${beyond} :after ORDER BY j.seq ${order} LIMIT 1 OFFSET ${bite - 1}`

export function endOfBite(db: Db, way: WayIn, oldestFirst: boolean, given: Record<string, Value>): number | null {
  if (way === 'changed') return null
  const row = db.sql(oldestFirst ? ends(way, '>', 'ASC') : ends(way, '<', 'DESC')).get(given)
  return row ? Number(row['seq']) : null
}

// The most selective condition leads.
export function choose(filter: JobFilter): WayIn {
  if (filter.subject !== undefined) return 'subject'
  if (filter.batchId !== undefined) return 'batch'
  if (filter.parentId !== undefined) return 'parent'
  if (filter.scheduleKey !== undefined) return 'schedule'
  if (typeof filter.userId === 'string') return 'user'
  return filter.status?.every((s) => s === 'failed' || s === 'cancelled') ? 'unhappy' : 'all'
}

export function parameters(f: JobFilter): Record<string, Value> {
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

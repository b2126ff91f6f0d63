// Holds: who has a name, and taking it. The names are locked before (admit.ts), so that of two who come at once the second
// sees the first. Whether a hold without a time stands follows from its job.
import { text } from '../../engine/stored-rows.ts'
import type { NewJob } from '../../engine/engine.ts'
import { holdLookMs } from '../../engine/hold.ts'
import { instant } from './clock.ts'
import type { Session } from './db.ts'

const isActive = `
EXISTS (SELECT 1 FROM wb.ids i WHERE i.id = h.id AND NOT EXISTS (SELECT 1 FROM wb.done d WHERE d.seq = i.seq))`
const find = `
WITH t AS MATERIALIZED (${instant('$1')})
SELECT h.key, h.id FROM wb.holds h, t WHERE h.key = ANY($2) AND CASE WHEN h.until IS NULL THEN ${isActive} ELSE h.until > now END`
const put = `
INSERT INTO wb.holds (key, id, until, look_at)
SELECT key, id, until, look_at FROM json_to_recordset($1::json) AS g (key text, id text, until bigint, look_at bigint)
ON CONFLICT (key) DO UPDATE SET id = excluded.id, until = excluded.until, look_at = excluded.look_at`
const lookLater = `
UPDATE wb.holds h SET look_at = now + $2::bigint FROM (${instant('$1')}) t
WHERE h.look_at <= now AND h.until IS NULL AND ${isActive}`
const dropPast = `DELETE FROM wb.holds USING (${instant('$1')}) t WHERE look_at <= now`

export function holdKeys(jobs: NewJob[]): string[] {
  return jobs.flatMap(({ holds = [] }) => holds.map(({ key }) => key))
}

/** Which of these names are had, and by which job. */
export async function holders(session: Session, offset: number, keys: string[]): Promise<Map<string, string>> {
  if (keys.length === 0) return new Map()
  const rows = await session.rows(find, [offset, keys])
  return new Map(rows.map((row) => [text(row['key']), text(row['id'])]))
}

/** The first hold of the job that stands. */
export function holderOf(standing: ReadonlyMap<string, string>, job: NewJob): { id: string; key: string } | null {
  for (const { key, instead } of job.holds ?? []) {
    const id = standing.get(key)
    if (id !== undefined && id !== instead) return { id, key }
  }
  return null
}

export async function takeHolds(session: Session, jobs: NewJob[], now: number): Promise<void> {
  // Of two jobs of one batch the later one took it from the earlier.
  const rows = new Map(
    jobs.flatMap(({ spec, holds = [] }) =>
      holds.map(({ key, ms }) => [
        key,
        { key, id: spec.id, until: ms === null ? null : now + ms, look_at: now + (ms ?? holdLookMs) },
      ]),
    ),
  )
  if (rows.size > 0) await session.rows(put, [JSON.stringify([...rows.values()])])
}

/** Forgets holds that stand no longer, once it is their time to be looked at. */
export async function sweepHolds(session: Session, offset: number): Promise<void> {
  await session.rows(lookLater, [offset, holdLookMs])
  await session.rows(dropPast, [offset])
}

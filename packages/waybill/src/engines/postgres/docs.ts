// putDoc, docs, lead: small records that operators own, and roles that one process holds.
import { parsed, text } from '../../engine/stored-rows.ts'
import type { Doc } from '../../engine/engine.ts'
import type { JsonObject } from '../../lib/json.ts'
import { instant } from './clock.ts'
import type { Store } from './store.ts'

const put = `
INSERT INTO wb.docs AS d (kind, key, rev, body, paused, updated_at)
SELECT $2, $3, 1, $4, $5::boolean, now FROM (${instant('$1')}) t
ON CONFLICT (kind, key) DO UPDATE SET rev = d.rev + 1, body = excluded.body, paused = excluded.paused, updated_at = excluded.updated_at
RETURNING rev`
const create = `
INSERT INTO wb.docs (kind, key, rev, body, paused, updated_at)
SELECT $2, $3, 1, $4, $5::boolean, now FROM (${instant('$1')}) t ON CONFLICT (kind, key) DO NOTHING RETURNING rev`
const replace = `
UPDATE wb.docs d SET rev = d.rev + 1, body = $4, paused = $5::boolean, updated_at = now FROM (${instant('$1')}) t
WHERE kind = $2 AND key = $3 AND rev = $6::int RETURNING d.rev`
const drop = 'DELETE FROM wb.docs WHERE kind = $1 AND key = $2 AND ($3::int IS NULL OR rev = $3) RETURNING rev'
const isThere = 'SELECT 1 FROM wb.docs WHERE kind = $1 AND key = $2'
const some = 'SELECT * FROM wb.docs WHERE kind = $1 AND ($2::text IS NULL OR key = $2) ORDER BY key'
const takeRole = `
INSERT INTO wb.roles AS r (role, holder, expires_at) SELECT $2, $3, now + $4::bigint FROM (${instant('$1')}) t
ON CONFLICT (role) DO UPDATE SET holder = excluded.holder, expires_at = excluded.expires_at
WHERE r.holder = excluded.holder OR r.expires_at <= excluded.expires_at - $4::bigint RETURNING role`

export async function putDoc(
  store: Store,
  kind: string,
  key: string,
  body: JsonObject | null,
  expectRev: number | null,
): Promise<boolean> {
  const stored =
    body === null ? await dropDoc(store, kind, key, expectRev) : await keepDoc(store, kind, key, body, expectRev)
  if (stored) store.tell({ ids: [], queues: kind === 'queue' && body?.['paused'] !== true ? [key] : [] })
  return stored
}

async function keepDoc(
  { db, clock }: Store,
  kind: string,
  key: string,
  body: JsonObject,
  expectRev: number | null,
): Promise<boolean> {
  const values = [clock.offset, kind, key, JSON.stringify(body), body['paused'] === true]
  if (expectRev === null) return (await db.rows(put, values)).length === 1
  if (expectRev === 0) return (await db.rows(create, values)).length === 1
  return (await db.rows(replace, [...values, expectRev])).length === 1
}

async function dropDoc({ db }: Store, kind: string, key: string, expectRev: number | null): Promise<boolean> {
  if (expectRev === 0) return (await db.rows(isThere, [kind, key])).length === 0
  const dropped = await db.rows(drop, [kind, key, expectRev])
  return expectRev === null || dropped.length === 1
}

export async function docs({ db }: Store, kind: string, key?: string): Promise<Doc[]> {
  const rows = await db.rows(some, [kind, key ?? null])
  return rows.map((row) => ({
    kind: text(row['kind']),
    key: text(row['key']),
    rev: Number(row['rev']),
    body: parsed<JsonObject>(row['body']) ?? {},
    updatedAt: Number(row['updated_at']),
  }))
}

export async function lead({ db, clock }: Store, role: string, holder: string, ttlMs: number): Promise<boolean> {
  return (await db.rows(takeRole, [clock.offset, role, holder, ttlMs])).length === 1
}

// Brings a schema to the layout of this version, under an advisory lock: of two that begin at once, one finds it done.
// Migrations are numbered and never edited after a release.
import type { Db, Session } from './db.ts'
import { addPartitions } from './partitions.ts'
import { foundation } from './migrations/0001-foundation.ts'
import { statements } from './migrations/0001-statements.ts'
import { signalWaits } from './migrations/0002-signal-waits.ts'
import { holds } from './migrations/0003-holds.ts'

const migrations: readonly string[] = [foundation + statements, signalWaits, holds]

/** The layout that this version works with. */
export const wantedLayout: number = migrations.length

const patience = 60_000
const lock = "SELECT pg_advisory_xact_lock(hashtextextended('waybill migrate wb.', 0))"
const isThere = "SELECT to_regclass('wb.layout') IS NOT NULL AS there"
const versionOf = 'SELECT coalesce(max(version), 0) AS version FROM wb.layout'
const setUp = 'CREATE TABLE IF NOT EXISTS wb.layout (version integer PRIMARY KEY)'
const reached = 'INSERT INTO wb.layout (version) VALUES ($1)'

export async function foundLayout(session: Session): Promise<number> {
  const [row] = await session.rows(isThere)
  if (row?.['there'] !== true) return 0
  const [found] = await session.rows(versionOf)
  return Number(found?.['version'] ?? 0)
}

export function migrate(db: Db, schema: string): Promise<{ from: number; to: number }> {
  return db.transaction(async (session) => {
    await session.rows(lock)
    const from = await foundLayout(session)
    if (from === 0) await begin(session, schema)
    for (const [i, sql] of migrations.entries()) if (i >= from) await step(session, sql, i + 1)
    return { from, to: Math.max(from, wantedLayout) }
  }, patience)
}

async function begin(session: Session, schema: string): Promise<void> {
  await session.rows(`CREATE SCHEMA IF NOT EXISTS "${schema}"`)
  await session.rows(setUp)
}

async function step(session: Session, sql: string, version: number): Promise<void> {
  // Without parameters a text may hold many statements.
  await session.rows(sql)
  if (version === 1) await addPartitions(session, 2)
  await session.rows(reached, [version])
}

// Brings a file to the layout of this version. Migrations are numbered and never edited after a release.
import type { Db } from './db.ts'
import { foundation } from './migrations/0001-foundation.ts'
import { signalWaits } from './migrations/0002-signal-waits.ts'
import { holds } from './migrations/0003-holds.ts'

const migrations: readonly string[] = [foundation, signalWaits, holds]

/** The layout that this version works with. */
export const wantedLayout: number = migrations.length

export function foundLayout(db: Db): number {
  return db.number('PRAGMA user_version')
}

/** Runs inside the caller's write transaction, which is the lock that keeps two processes apart. */
export function migrate(db: Db): { from: number; to: number } {
  const from = foundLayout(db)
  for (const [i, sql] of migrations.entries()) if (i >= from) db.exec(sql)
  if (from < wantedLayout) db.exec(`PRAGMA user_version = ${wantedLayout}`)
  return { from, to: Math.max(from, wantedLayout) }
}

// Limits of users on SQLite.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { quotasOn } from './quotas.fixture.ts'

quotasOn(async () => {
  const dir = mkdtempSync(join(tmpdir(), 'waybill-quotas-'))
  return { url: `sqlite:${join(dir, 'jobs.db')}`, drop: async () => rmSync(dir, { recursive: true, force: true }) }
})

// What the tests of this engine share: a file that goes away.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A directory of its own for one test. */
export function aPlace(): { url: string; dir: string; remove: () => void } {
  const dir = mkdtempSync(join(tmpdir(), 'waybill-sqlite-'))
  return {
    dir,
    url: `sqlite:${join(dir, 'jobs.db')}`,
    remove: () => rmSync(dir, { recursive: true, force: true }),
  }
}

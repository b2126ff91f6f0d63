// A directory and a SQLite file for one bench, gone afterwards; and the job that does nothing.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createWaybill, defineJob, type AnyJobDefinition, type Waybill } from 'waybill'

export const noop = defineJob<{ n: number; text: string }, { ok: boolean }>({
  type: 'noop',
  run: async () => ({ ok: true }),
})

/** 103 bytes of JSON, like the peers' benchmarks. */
export function input(n: number): { n: number; text: string } {
  return { n, text: 'x'.repeat(80) }
}

export interface Place {
  url: string
  file: string
  open(jobs?: readonly AnyJobDefinition[]): Waybill
  remove(): void
}

export function place(): Place {
  const dir = mkdtempSync(join(tmpdir(), 'waybill-bench-'))
  const file = join(dir, 'jobs.db')
  return {
    url: `sqlite:${file}`,
    file,
    open: (jobs = [noop]) => createWaybill({ engine: `sqlite:${file}`, jobs, logLevel: 'error' }),
    remove: () => rmSync(dir, { recursive: true, force: true }),
  }
}

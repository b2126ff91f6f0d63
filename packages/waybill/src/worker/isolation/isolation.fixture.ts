// What the tests of isolation share: a Waybill whose worker runs the jobs of jobs.fixture.ts elsewhere, and a file in which
// those jobs write what they did.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Job, JobDefinition, WaybillOptions, WaybillWorker } from '../../index.ts'
import type { Isolate } from '../../job/isolate.ts'
import { isEnd } from '../../job/status.ts'
import { aBench, eventually, type Bench } from '../../waybill.fixture.ts'
import * as jobs from './jobs.fixture.ts'

export const module: URL = new URL('./jobs.fixture.ts', import.meta.url)

export interface Isolated extends Bench {
  worker: WaybillWorker
  /** Handed to jobs that write. */
  file: string
  /** Resolves with the file's words once it has so many lines. */
  written(lines: number): Promise<string[]>
  run<I>(job: JobDefinition<I, unknown>, input: I): Promise<Job<unknown>>
  /** Resolves when the job has ended, however. */
  ended(id: string): Promise<Job>
}

export async function isolated(isolate: Isolate, options: WaybillOptions = {}): Promise<Isolated> {
  const bench = await aBench({ jobs: Object.values(jobs), concurrency: 4, shutdownGrace: '1s', ...options })
  const worker = bench.waybill.worker({ isolate, module })
  await worker.start()
  const file = join(bench.dir, 'written')
  const lines = () => (existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : [])
  const ended = async (id: string) => {
    let job: Job | null = null
    for await (const next of bench.waybill.watch(id)) job = next
    if (!job || !isEnd(job.status)) throw new Error(`job ${id} has not ended`)
    return job
  }
  return {
    ...bench,
    worker,
    file,
    written: async (count) => {
      await eventually(bench.engine, () => lines().length >= count)
      return lines()
    },
    run: async (job, input) => ended((await bench.waybill.enqueue(job, input)).id),
    ended,
  }
}

/** Resolves when there is no such process. */
export async function gone(pid: number): Promise<void> {
  while (isAlive(pid)) await new Promise((resolve) => setTimeout(resolve, 10))
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}

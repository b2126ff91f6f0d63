// A worker is killed in the middle of a conversion: another one finishes it, and does no finished stage again.

import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createWaybill } from 'waybill'
import { expect, onTestFinished, test, vi } from 'vitest'
import { conversionJob } from '../src/job.ts'

vi.setConfig({ testTimeout: 120_000 })

const sample = fileURLToPath(new URL('../sample', import.meta.url))
const program = fileURLToPath(new URL('./crash.fixture.ts', import.meta.url))

test('after kill -9 in the last stage the stages before it are not run again, and the book is whole', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'conversion-crash-'))
  const store = join(dir, 'waybill.db')
  const job = conversionJob({ documents: sample, workRoot: join(dir, 'work') })
  const waybill = createWaybill({ engine: `sqlite:${store}`, jobs: [job], logLevel: 'error' })
  const workers: ChildProcess[] = []
  onTestFinished(async () => {
    for (const worker of workers) worker.kill('SIGKILL')
    await waybill.close()
    await rm(dir, { recursive: true, force: true })
  })
  const startWorker = async () => {
    const worker = fork(program, [store, sample, join(dir, 'work')], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
    workers.push(worker)
    await once(worker, 'message')
    return worker
  }

  const { engine, upkeep } = await waybill.parts()
  upkeep.start()
  const first = await startWorker()
  const { id } = await waybill.enqueue(job, { file: 'slow-work.md' })
  for await (const seen of waybill.watch(id)) {
    if (seen.stage !== 'VALIDATING') continue
    first.kill('SIGKILL')
    break
  }
  await startWorker()
  const book = await waybill.result<{ epub: string }>({ id })
  expect((await stat(book.epub)).size).toBeGreaterThan(10_000)

  const [found] = await engine.get([id], { steps: true, timeline: true })
  if (!found || 'gone' in found) throw new Error('the job was expected to be kept')
  expect(found.record).toMatchObject({ losses: 1, fails: 0, attempt: 2 })
  expect(found.steps?.map(({ key, attempt }) => [key, attempt])).toEqual([
    ['ANALYZING', 1],
    ['EXTRACTING', 1],
    ['STRUCTURING', 1],
    ['BUILDING', 1],
    ['VALIDATING', 2],
  ])
})

// Jobs in threads of their own: what soft isolation promises.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import * as jobs from './jobs.fixture.ts'
import { isolated, type Isolated } from './isolation.fixture.ts'

let bench: Isolated
beforeEach(async () => {
  bench = await isolated('thread', { memoryMb: 128 })
})
afterEach(() => bench.close())

test('a job runs in this process, but not in this thread', async () => {
  const { pid, thread } = await bench.waybill.result(await bench.waybill.enqueue(jobs.where, null))
  expect(pid).toBe(process.pid)
  expect(thread).not.toBe(0)
})

test('a handler has its whole context there: progress, lines, steps, sleeps, signals', async () => {
  const { id } = await bench.waybill.enqueue(jobs.talker, { name: 'Ada' })
  await bench.waybill.signal(id, 'approved', { by: 'Bob' })
  expect(await bench.ended(id)).toMatchObject({ result: { greeting: 'Hello, Ada', approved: { by: 'Bob' } } })
})

test('a loop that never ends is ended at the hard limit, and the worker goes on', async () => {
  const job = await bench.run(jobs.endless, { file: bench.file })
  expect(job).toMatchObject({ status: 'failed', fails: 1, error: { code: 'timeout' } })
  expect(await bench.run(jobs.where, null)).toMatchObject({ status: 'completed' })
})

describe('a job that ends its thread', () => {
  test.each([
    ['exit', 'exit code 7'],
    ['memory', 'out of memory'],
    ['throw', 'thrown outside of the handler'],
  ] as const)('by %s is charged losses, and is given up after the fourth', async (how, words) => {
    const job = await bench.run(jobs.deadly, how)
    expect(job).toMatchObject({ status: 'failed', losses: 4, fails: 0, error: { code: 'worker_crashed' } })
    expect(job.error?.internal?.message).toContain(words)
  })
})

test('a stop gives running jobs back uncharged', async () => {
  const { id } = await bench.waybill.enqueue(jobs.deaf, { file: bench.file })
  await bench.written(1)
  await bench.worker.stop({ grace: '50ms' })
  expect((await bench.history(id)).record).toMatchObject({ status: 'pending', attempt: 0, losses: 0, fails: 0 })
})

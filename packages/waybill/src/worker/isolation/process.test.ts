// Jobs in processes of their own: real processes, real deaths.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import * as jobs from './jobs.fixture.ts'
import { gone, isAlive, isolated, type Isolated } from './isolation.fixture.ts'

let bench: Isolated
beforeEach(async () => {
  bench = await isolated('process', { memoryMb: 256 })
})
afterEach(() => bench.close())

test('a job runs in another process, and the next one in the same', async () => {
  const { waybill } = bench
  const first = await waybill.result(await waybill.enqueue(jobs.where, null))
  const second = await waybill.result(await waybill.enqueue(jobs.where, null))
  expect(first.pid).not.toBe(process.pid)
  expect(second).toEqual(first)
})

test('a handler has its whole context there: progress, lines, steps, sleeps, signals', async () => {
  const { waybill, engine } = bench
  const { id } = await waybill.enqueue(jobs.talker, { name: 'Ada' })
  await waybill.signal(id, 'approved', { by: 'Bob' })
  const job = await bench.ended(id)
  expect(job.error).toBeNull()
  expect(job).toMatchObject({ result: { greeting: 'Hello, Ada', approved: { by: 'Bob' } }, stage: 'WRITING' })
  const { types } = await bench.history(id)
  expect(types).toContain('slept')
  const lines = await engine.logs(id, 0, 10)
  expect(lines).toMatchObject([{ message: 'begun', fields: { name: 'Ada' }, audience: 'owner' }, { message: 'begun' }])
})

describe('at the hard limit', () => {
  test('a loop that never ends is ended', async () => {
    const job = await bench.run(jobs.endless, { file: bench.file })
    expect(job).toMatchObject({ status: 'failed', fails: 1, losses: 0, error: { code: 'timeout' } })
    const [pid] = await bench.written(1)
    await gone(Number(pid))
  })

  test('what a handler has started dies with it, though it ignores SIGTERM', async () => {
    const job = await bench.run(jobs.parent, { file: bench.file })
    expect(job).toMatchObject({ status: 'failed', error: { code: 'timeout' } })
    const [line = ''] = await bench.written(1)
    for (const pid of line.split(' ')) await gone(Number(pid))
  })
})

test('no later attempt begins before the process of the one that took too long is gone', async () => {
  const { id } = await bench.waybill.enqueue(jobs.endless, { file: bench.file })
  const [pid] = await bench.written(1)
  const { engine } = bench
  const wasAlive: boolean[] = []
  const unwatch = engine.watch(() => wasAlive.push(isAlive(Number(pid))))
  await bench.ended(id)
  unwatch()
  expect(wasAlive.at(-1)).toBe(false)
})

describe('a job that ends its process', () => {
  test.each([
    ['abort', { exit_code: null, signal: 'SIGABRT' }],
    ['exit', { exit_code: 7, signal: null }],
    ['memory', { exit_code: null }], // V8 gives up, or whoever watches the memory is quicker
    ['buffers', { exit_code: null, signal: 'SIGKILL' }],
  ] as const)('by %s is charged losses, not fails, and is given up after the fourth', async (how, death) => {
    const neighbour = await bench.waybill.enqueue(jobs.obedient, { file: bench.file })
    await bench.written(1)
    const job = await bench.run(jobs.deadly, how)
    expect(job).toMatchObject({ status: 'failed', losses: 4, fails: 0, attempt: 4, error: { code: 'worker_crashed' } })
    expect(job.error?.internal).toMatchObject(death)
    const { attempts } = await bench.history(job.id)
    expect(attempts.map(({ status }) => status)).toEqual(['lost', 'lost', 'lost', 'lost'])
    expect(await bench.waybill.get(neighbour.id)).toMatchObject({ status: 'processing', attempt: 1 })
    await bench.waybill.cancel(neighbour.id)
    expect(await bench.ended(neighbour.id)).toMatchObject({ status: 'cancelled' })
  })

  test('and was asked to be cancelled is cancelled', async () => {
    const { id } = await bench.waybill.enqueue(jobs.lingering, { file: bench.file })
    const [pid] = await bench.written(1)
    await bench.waybill.cancel(id)
    await bench.written(2)
    process.kill(Number(pid), 'SIGKILL')
    expect(await bench.ended(id)).toMatchObject({ status: 'cancelled', losses: 1, fails: 0 })
  })
})

describe('a cancel', () => {
  test('is heard there', async () => {
    const { id } = await bench.waybill.enqueue(jobs.obedient, { file: bench.file })
    await bench.written(2)
    await bench.waybill.cancel(id)
    expect(await bench.ended(id)).toMatchObject({ status: 'cancelled' })
    expect(await bench.written(2)).toEqual(['begun', expect.stringContaining('soft JobAborted')])
  })

  test('that is not heeded within its grace ends the process', async () => {
    const { id } = await bench.waybill.enqueue(jobs.deaf, { file: bench.file })
    const [pid] = await bench.written(1)
    await bench.waybill.cancel(id, { grace: '200ms' })
    expect(await bench.ended(id)).toMatchObject({ status: 'cancelled' })
    await gone(Number(pid))
  })
})

test.each([
  ['user', { code: 'no_pages', message: 'The PDF has no pages.', retryable: false }],
  ['final', { code: 'job_error', retryable: false, internal: { name: 'NonRetryableError', message: 'never again' } }],
  ['plain', { code: 'job_error', internal: { name: 'RangeError', message: 'too far', cause: 'Error: the cause' } }],
  ['text', { code: 'job_error', internal: { name: 'Thrown', message: 'a text' } }],
  ['circle', { code: 'job_error', retryable: false }],
] as const)('what a handler throws (%s) arrives as it was', async (what, error) => {
  expect(await bench.run(jobs.thrower, what)).toMatchObject({ status: 'failed', fails: 1, error })
})

test('an attempt that says nothing for too long times out and says so', async () => {
  const job = await bench.run(jobs.silent, { file: bench.file })
  expect(job).toMatchObject({
    status: 'failed',
    fails: 1,
    error: { code: 'timeout', message: expect.stringContaining('no progress') },
  })
  const [pid] = await bench.written(1)
  await gone(Number(pid))
})

test('what a handler does after its end is not taken for the next job in its process', async () => {
  const one = await isolated('process', { concurrency: 1 })
  await one.run(jobs.restless, { file: one.file })
  const { id } = await one.waybill.enqueue(jobs.obedient, { file: one.file })
  await one.written(3) // begun, soft, went on
  await one.waybill.cancel(id)
  expect(await one.ended(id)).toMatchObject({ status: 'cancelled', progress: null, hasSteps: false })
  await one.close()
})

test('a process that takes much memory makes room for a fresh one', async () => {
  const greedy = await bench.run(jobs.greedy, null)
  const next = async () => (await bench.waybill.result(await bench.waybill.enqueue(jobs.where, null))).pid
  while ((await next()) === greedy.result);
  expect(greedy).toMatchObject({ status: 'completed', attempt: 1 })
})

test('a stop gives running jobs back uncharged, and leaves no process', async () => {
  const { id } = await bench.waybill.enqueue(jobs.deaf, { file: bench.file })
  const [pid] = await bench.written(1)
  await bench.worker.stop({ grace: '50ms' })
  await gone(Number(pid))
  expect((await bench.history(id)).record).toMatchObject({ status: 'pending', attempt: 0, losses: 0, fails: 0 })
})

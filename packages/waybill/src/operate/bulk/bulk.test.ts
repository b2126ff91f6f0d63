// Bulk actions: what they touch, what they leave alone, and that a crash in the middle neither loses nor repeats any.
import { afterEach, beforeEach, expect, test } from 'vitest'
import { aClaim } from '../../engine/jobs.fixture.ts'
import { failed } from '../../job/decide.ts'
import { defineJob } from '../../job/definition.ts'
import { systemError } from '../../job/errors.ts'
import { aBench, eventually, refusal, type Bench } from '../../waybill.fixture.ts'
import { systemQueue } from './job.ts'
import type { BulkWish } from './wish.ts'

const job = defineJob({ type: 'job', queue: 'q', run: () => null })
const other = defineJob({ type: 'other', queue: 'other', run: () => null })
let bench: Bench
beforeEach(async () => {
  bench = await aBench({ jobs: [job, other] })
})
afterEach(() => bench.close())

const enqueue = async (n: number, of = job) => {
  const jobs = await bench.waybill.enqueueMany(of, Array(n).fill(null))
  return jobs.map(({ id }) => id)
}
const failAll = async ({ max = 1_000 } = {}) => {
  const { jobs, fence } = await bench.engine.claim(aClaim({ max, begins: max, queues: ['q'] }))
  const error = { ...systemError('job_error', 'err_1'), retryable: false }
  await bench.engine.apply(jobs.map(({ record }) => failed(record, fence, error, () => 0.5)))
}
const start = async (wish: BulkWish) => {
  const { bulk } = bench.parts.operate
  return (await bulk.start(wish, await bulk.preview(wish))).id
}
const ended = async (id: string) => {
  await eventually(bench.engine, async () => (await bench.history(id)).record.completedAt !== null)
  return (await bench.history(id)).record
}
// The store's clock counts milliseconds.
const aWhile = async () => {
  const now = bench.engine.now()
  await eventually(bench.engine, () => bench.engine.now() > now)
}
const statusesOf = async (ids: string[]) => {
  const all = await Promise.all(ids.map((id) => bench.history(id)))
  return all.map(({ record }) => record.status)
}

test('a preview counts what would be touched, and touches nothing', async () => {
  await enqueue(5)
  expect(await bench.parts.operate.bulk.preview({ action: 'cancel', filter: { queue: 'q' } })).toEqual({
    matched: 5,
    max: 100_000,
  })
  expect(await bench.engine.count({})).toMatchObject({ pending: 5, cancelled: 0 })
})

test('cancels every job of the filter and no other, as a job with progress that upkeep runs where no worker is', async () => {
  const [mine, others] = [await enqueue(450), await enqueue(3, other)]
  const id = await start({ action: 'cancel', filter: { queue: 'q' } })
  bench.parts.upkeep.start()
  const record = await ended(id)
  expect(record).toMatchObject({ status: 'completed', queue: systemQueue, title: 'cancel 450 jobs', userId: null })
  expect(record).toMatchObject({ result: { done: 450, skipped: 0 }, counts: { done: 450, total: 450, unit: 'job' } })
  expect(new Set(await statusesOf(mine))).toEqual(new Set(['cancelled']))
  expect(new Set(await statusesOf(others))).toEqual(new Set(['pending']))
  await eventually(bench.engine, async () => (await bench.engine.workers()).length === 0)
})

test('retries failed jobs once, and leaves those that failed after it was asked for', async () => {
  await enqueue(5)
  await failAll({ max: 3 })
  const id = await start({ action: 'retry', filter: { queue: 'q' } })
  await aWhile()
  await failAll()
  bench.parts.upkeep.start()
  expect((await ended(id)).result).toMatchObject({ done: 3 })
  expect(await bench.engine.count({ queue: 'q' })).toMatchObject({ pending: 3, failed: 2 })
})

test('erases ended jobs', async () => {
  const ids = await enqueue(3)
  await failAll()
  const id = await start({ action: 'purge', filter: { queue: 'q', status: ['failed'] } })
  bench.parts.upkeep.start()
  expect((await ended(id)).result).toMatchObject({ action: 'purge', done: 3 })
  expect(await bench.engine.get(ids)).toEqual(ids.map(() => ({ gone: true, userId: null })))
})

test('touches at most max jobs, the oldest', async () => {
  const ids = await enqueue(5)
  const id = await start({ action: 'cancel', filter: { queue: 'q' }, max: 2 })
  bench.parts.upkeep.start()
  await ended(id)
  expect(await statusesOf(ids)).toEqual(['cancelled', 'cancelled', 'pending', 'pending', 'pending'])
})

test('a worker that serves all queues runs it too', async () => {
  await enqueue(3, other)
  await bench.engine.putDoc('queue', 'other', { paused: true }, 0)
  const worker = bench.waybill.worker()
  await worker.start()
  expect((await ended(await start({ action: 'cancel', filter: { type: 'other' } }))).result).toMatchObject({ done: 3 })
  await worker.stop()
})

test('goes on after its worker is lost: pages that are done are not done again', async () => {
  await enqueue(450)
  await failAll()
  const id = await start({ action: 'retry', filter: { queue: 'q' } })
  // A worker that did the first page and died: its step is kept, its lease runs out at once.
  const { jobs, fence } = await bench.engine.claim(aClaim({ queues: [systemQueue], leaseMs: 1 }))
  const firstPage = await bench.engine.list({ filter: { status: ['failed'] }, limit: 200, oldestFirst: true })
  const result = { next: firstPage.next, done: 200, skipped: 0 }
  const step = { key: 'page 1', status: 'completed' as const, attempt: 1, startedAt: bench.engine.now(), result }
  await bench.engine.note([{ id: jobs[0]?.record.id ?? '', fence, steps: [step] }])
  bench.parts.upkeep.start()
  const record = await ended(id)
  expect(record).toMatchObject({ status: 'completed', losses: 1, result: { done: 450 } })
  expect(await bench.engine.count({ queue: 'q' })).toMatchObject({ pending: 250, failed: 200 })
})

test('a filter that says nothing, or statuses that the action cannot touch, are refused', async () => {
  const { bulk } = bench.parts.operate
  await refusal(bulk.preview({ action: 'cancel', filter: {} }), 'bad_request')
  const error = await refusal(bulk.preview({ action: 'cancel', filter: { status: ['failed'] } }), 'bad_request')
  expect(error.errors).toMatchObject([{ pointer: '/filter/status' }])
})

test('nobody can submit one by its name', async () => {
  const { submit } = bench.parts
  const named = submit.submit({ type: '_waybill.bulk', input: null, userId: null })
  expect((await refusal(named, 'unknown_type')).status).toBe(404)
  await refusal(submit.submit({ type: 'job', input: null, userId: null, queue: systemQueue }), 'bad_request')
})

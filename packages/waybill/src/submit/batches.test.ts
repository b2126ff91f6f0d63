// Batches: submitted, counted, cancelled and retried together, and what runs once all have ended.
import { afterEach, beforeEach, expect, test } from 'vitest'
import { aClaim } from '../engine/jobs.fixture.ts'
import { completed, failed } from '../job/decide.ts'
import { defineJob } from '../job/definition.ts'
import { systemError } from '../job/errors.ts'
import { aBench, eventually, refusal, type Bench } from '../waybill.fixture.ts'
import type { BatchRequest, SubmitRequest } from './request.ts'

const plain = defineJob({ type: 'plain', run: () => null })
const report = defineJob({ type: 'report', queue: 'reports', run: (ctx) => ctx.input })

let bench: Bench
beforeEach(async () => {
  bench = await aBench({ jobs: [plain, report] })
})
afterEach(() => bench.close())

const job = (more: Partial<SubmitRequest> = {}): SubmitRequest => ({ type: 'plain', input: 1, userId: 'ann', ...more })
const request = (more: Partial<BatchRequest> = {}): BatchRequest => ({
  jobs: [job(), job()],
  atomic: true,
  userId: 'ann',
  name: null,
  onFinish: null,
  idempotency: null,
  ...more,
})
const onFinish = { type: 'report', input: { of: 'it' } }
const batches = () => bench.parts.batches
const submit = async (more: Partial<BatchRequest> = {}) => (await batches().submit(request(more))).batchId
const reports = async () => (await bench.engine.list({ filter: { type: 'report' }, limit: 10 })).records

async function end(how: 'completed' | 'failed', max = 10): Promise<void> {
  const { jobs, fence } = await bench.engine.claim(aClaim({ max, queues: ['default'] }))
  const error = systemError('job_error', 'err_1')
  await bench.engine.apply(
    jobs.map(({ record }) =>
      how === 'completed' ? completed(record, fence, null) : failed(record, fence, error, () => 0, 'never'),
    ),
  )
}

test('its jobs bear its id, and it tells how they stand', async () => {
  const id = await submit({ name: 'Tuesday', jobs: [job(), job(), job({ delayMs: 60_000 }), job()] })
  await end('completed', 1)
  expect(await batches().get(id)).toMatchObject({
    id,
    name: 'Tuesday',
    userId: 'ann',
    total: 4,
    progress: 0.25,
    finished: false,
    counts: { completed: 1, pending: 2, scheduled: 1 },
  })
  const { records } = await bench.engine.list({ filter: { batchId: id }, limit: 10 })
  expect(records).toHaveLength(4)
})

test('there is no batch of an unknown id', async () => {
  expect(await batches().get('nothing')).toBeNull()
  await expect(bench.waybill.batches.cancel('nothing')).rejects.toMatchObject({ code: 'not_found' })
})

test('all or none: one bad job and nothing is there, not even the batch', async () => {
  const bad = request({ jobs: [job(), job({ type: 'plane' })], onFinish })
  await refusal(batches().submit(bad), 'unknown_type')
  expect(await bench.engine.docs('batch')).toEqual([])
  expect(await bench.engine.docs('batch_open')).toEqual([])
  expect(await bench.engine.count({})).toMatchObject({ pending: 0 })
})

test('each on its own: the sound ones are stored, the others say what is wrong', async () => {
  const { batchId, answers } = await batches().submit(request({ atomic: false, jobs: [job(), job({ type: 'plane' })] }))
  expect(answers).toMatchObject([{ record: { batchId } }, { code: 'unknown_type' }])
  expect(await batches().get(batchId)).toMatchObject({ total: 1 })
})

test('a batch has 1 to 1,000 jobs', async () => {
  await refusal(submit({ jobs: [] }), 'bad_request')
  await refusal(submit({ jobs: Array.from({ length: 1_001 }, () => job()) }), 'too_large')
  expect(await batches().get(await submit({ jobs: Array.from({ length: 1_000 }, () => job()) }))).toMatchObject({
    total: 1_000,
  })
})

test('the same key answers the same batch and the same jobs', async () => {
  const idempotency = { key: 'k', scope: 'test' }
  const first = await batches().submit(request({ idempotency }))
  const again = await batches().submit(request({ idempotency }))
  expect(again.batchId).toBe(first.batchId)
  expect(again.answers).toMatchObject(
    first.answers.map((one) => ('record' in one ? { record: { id: one.record.id } } : {})),
  )
  await refusal(batches().submit(request({ idempotency, jobs: [job({ input: 2 })] })), 'idempotency_key_reused')
  expect(await batches().get(first.batchId)).toMatchObject({ total: 2 })
})

test('cancelling it cancels what waits and asks what runs to stop', async () => {
  const id = await submit({ jobs: [job({ priority: 9 }), job(), job({ delayMs: 60_000 })] })
  await bench.engine.claim(aClaim({ max: 1 }))
  expect(await bench.waybill.batches.cancel(id)).toMatchObject({ counts: { cancelled: 2, processing: 1 } })
  const { records } = await bench.engine.list({ filter: { batchId: id, status: ['processing'] }, limit: 1 })
  expect(records[0]?.cancelRequestedAt).not.toBeNull()
})

test('retrying it runs the failed ones alone', async () => {
  const id = await submit({ jobs: [job(), job(), job()] })
  await end('failed', 2)
  await end('completed')
  expect(await bench.waybill.batches.retry(id)).toMatchObject({ counts: { pending: 2, completed: 1 }, finished: false })
})

test('what runs at the end waits for the last job, however it ends, and is stored once', async () => {
  const id = await submit({ onFinish })
  await end('completed', 1)
  await batches().finishDue()
  expect(await reports()).toEqual([])
  await end('failed')
  await Promise.all(Array.from({ length: 5 }, () => batches().finishDue()))
  await batches().finishDue()
  expect(await reports()).toMatchObject([{ id: `${id}-finish`, userId: 'ann', subject: `batch:${id}`, batchId: null }])
  expect(await batches().get(id)).toMatchObject({ finished: true, progress: 1, onFinish: { jobId: `${id}-finish` } })
  expect(await bench.engine.docs('batch_open')).toEqual([])
})

test('a retry of the batch does not run it again', async () => {
  const id = await submit({ onFinish })
  await end('failed')
  await batches().finishDue()
  await batches().retry(id)
  await end('completed')
  await batches().finishDue()
  expect(await reports()).toHaveLength(1)
})

test('it is not stored before all jobs of the batch are', async () => {
  await bench.engine.putDoc('batch_open', 'b', {}, null)
  await bench.engine.putDoc('batch', 'b', { on_finish: { type: 'report', input: '1' }, total: null }, null)
  await batches().finishDue()
  expect(await reports()).toEqual([])
  expect(await bench.engine.docs('batch_open')).toHaveLength(1)
})

test('it is refused beforehand when its type is unknown', async () => {
  await refusal(submit({ onFinish: { type: 'raport', input: null } }), 'unknown_type')
  expect(await bench.engine.count({})).toMatchObject({ pending: 0 })
})

test('a working Waybill runs it unasked', async () => {
  const entries = [1, 2, 3].map((input) => ({ job: plain, input }))
  const { id, jobs } = await bench.waybill.enqueueBatch(entries, {
    name: 'n',
    onFinish: { job: report, input: 'done' },
  })
  expect(jobs).toHaveLength(3)
  await bench.waybill.worker().start()
  await eventually(bench.engine, async () => (await reports())[0]?.status === 'completed')
  expect(await bench.waybill.batches.get(id)).toMatchObject({ finished: true, total: 3 })
})

test('an option that does not exist names the nearest one', async () => {
  const options = { onFinished: { job: report, input: 1 } } as object
  await expect(bench.waybill.enqueueBatch([{ job: plain, input: 1 }], options)).rejects.toThrow(
    'Did you mean "onFinish"?',
  )
})

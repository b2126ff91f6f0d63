// ctx.progress and ctx.log: cheap to call, few writes, nothing of it lost at the end.
import { afterEach, beforeEach, expect, test } from 'vitest'
import { defineJob } from '../job/definition.ts'
import type { JsonObject } from '../lib/json.ts'
import { aBench, eventually, type Bench } from '../waybill.fixture.ts'
import { aWorker, flaky, Gate, withVerb } from './worker.fixture.ts'

let gate = new Gate()

const chatty = defineJob({
  type: 'chatty',
  retry: { attempts: 1 },
  async run(ctx) {
    for (let i = 1; i <= 10_000; i++) {
      ctx.progress(i / 20_000, `scene ${i}`, { stage: 'drawing', counts: { done: i, total: 20_000, unit: 'scene' } })
      if (i % 1_000 === 0) await new Promise((resolve) => setImmediate(resolve))
    }
    throw new Error('half way')
  },
})
const stepwise = defineJob<(number | null)[], void>({
  type: 'stepwise',
  retry: { attempts: 1 },
  async run(ctx) {
    for (const value of ctx.input) ctx.progress(value)
    await gate.pass(ctx.job.id)
    throw new Error('enough')
  },
})
const talker = defineJob({
  type: 'talker',
  run(ctx) {
    const { log } = ctx
    ctx.progress(0.5, 'x'.repeat(1_000))
    log.info('started', { n: 1 })
    log.warn('for the owner', undefined, { audience: 'owner' })
    log.error('x'.repeat(10_000), { big: 'x'.repeat(10_000) })
  },
})
const lateTalker = defineJob({
  type: 'late-talker',
  async run(ctx) {
    const { id } = ctx.job
    void gate.pass(id).then(() => {
      ctx.progress(0.9, 'too late')
      ctx.log.info('too late')
    })
  },
})
const sender = defineJob({
  type: 'sender',
  retry: { attempts: 1 },
  async run(ctx) {
    ctx.progress(0.25, 'sent')
    ctx.log.info('one')
    await gate.pass(ctx.job.id)
    throw new Error('enough')
  },
})

const careless = defineJob({
  type: 'careless',
  run(ctx) {
    const loop: JsonObject = {}
    loop['itself'] = loop
    const fields: JsonObject = { kept: 7, loop }
    Object.assign(fields, { big: 1n, error: new Error('why') }) // as a handler without types would
    ctx.log.info('half \ud800', fields)
    ctx.progress(Number.NaN, 'nul \0', { stage: '\udfff', counts: { done: Number.NaN } })
  },
})

let bench: Bench
beforeEach(async () => {
  gate = new Gate()
  bench = await aBench({ jobs: [chatty, stepwise, talker, lateTalker, sender, careless] })
})
afterEach(async () => {
  gate.open()
  await bench.close()
})

const ended = (id: string) =>
  eventually(bench.engine, async () => (await bench.history(id)).record.completedAt !== null)

test('10,000 reports are few writes, and the last one is kept before the end', async () => {
  await bench.waybill.worker().start()
  const { id } = await bench.waybill.enqueue(chatty, null)
  await ended(id)
  const { record } = await bench.history(id)
  expect(record).toMatchObject({
    status: 'failed',
    progress: 0.5,
    progressMessage: 'scene 10000',
    stage: 'drawing',
    counts: { done: 10_000, total: 20_000, unit: 'scene' },
  })
  expect(record.rev).toBeLessThan(20)
})

test.each([
  [[0.5, 0.2], 0.5],
  [[0.2, 7], 1],
  [[-1], 0],
  [[Number.NaN, null], null],
  [[0.3, null], 0.3],
])('reports of %j stand at %j', async (values, progress) => {
  await bench.waybill.worker().start()
  const { id } = await bench.waybill.enqueue(
    stepwise,
    values.map((value) => (Number.isNaN(value) ? null : value)),
  )
  await gate.arrivals(1)
  gate.open()
  await ended(id)
  expect((await bench.history(id)).record.progress).toBe(progress)
})

test('a report is seen while the job runs', async () => {
  await bench.waybill.worker().start()
  const { id } = await bench.waybill.enqueue(sender, null)
  await eventually(bench.engine, async () => (await bench.history(id)).record.progress === 0.25)
  expect((await bench.history(id)).record).toMatchObject({ status: 'processing', progressMessage: 'sent' })
})

test('lines are kept with their level, fields, attempt and audience, cut where they are too long', async () => {
  await bench.waybill.worker().start()
  const job = await bench.waybill.enqueue(talker, null)
  await bench.waybill.result(job)
  const lines = await bench.engine.logs(job.id, 0, 10)
  expect(lines).toMatchObject([
    { level: 'info', message: 'started', fields: { n: 1 }, attempt: 1, audience: 'operator' },
    { level: 'warn', message: 'for the owner', fields: null, audience: 'owner' },
    { level: 'error', message: `${'x'.repeat(4_096)}…`, fields: { truncated: expect.any(String) } },
  ])
  expect((await bench.history(job.id)).record.progressMessage).toHaveLength(500)
})

test('what cannot be kept as it is never fails a job: it is told in words, and texts are made whole', async () => {
  await bench.waybill.worker().start()
  const { id } = await bench.waybill.enqueue(careless, null)
  await bench.waybill.result({ id })
  const [line] = await bench.engine.logs(id, 0, 10)
  expect(line).toMatchObject({ message: 'half \ufffd', fields: { big: '1n', error: 'Error: why', kept: 7 } })
  expect(line?.fields?.['loop']).toContain('object that JSON cannot carry')
  const { record } = await bench.history(id)
  expect(record).toMatchObject({ progress: 1, progressMessage: 'nul ', stage: '\ufffd', counts: null })
})

test('what a handler says after its end is dropped', async () => {
  await bench.waybill.worker().start()
  const job = await bench.waybill.enqueue(lateTalker, null)
  await bench.waybill.result(job)
  gate.open()
  await bench.waybill.result(await bench.waybill.enqueue(talker, null))
  expect((await bench.history(job.id)).record).toMatchObject({ progress: 1, progressMessage: null })
  expect(await bench.engine.logs(job.id, 0, 10)).toEqual([])
})

test('a note that failed is sent again: an outage loses no line and no progress', async () => {
  const store = flaky(bench.engine)
  const worker = aWorker(bench, { engine: store.engine })
  await worker.start()
  store.away(['note'])
  const refused = store.nextRefusal()
  const { id } = await bench.waybill.enqueue(sender, null)
  await refused
  gate.open()
  await store.nextRefusal()
  store.back()
  await ended(id)
  expect((await bench.history(id)).record).toMatchObject({ status: 'failed', progress: 0.25, progressMessage: 'sent' })
  expect((await bench.engine.logs(id, 0, 10)).map(({ message }) => message)).toEqual(['one'])
  await worker.stop()
})

test('a note that failed is sent again by itself, not only with the next one or the end', async () => {
  const store = flaky(bench.engine)
  const worker = aWorker(bench, { engine: store.engine })
  await worker.start()
  store.away(['note'])
  const refused = store.nextRefusal()
  const { id } = await bench.waybill.enqueue(sender, null)
  await refused
  store.back()
  await eventually(bench.engine, async () => (await bench.history(id)).record.progress === 0.25)
  expect((await bench.history(id)).record.status).toBe('processing')
  gate.open()
  await worker.stop()
})

test('the end of a job waits for its last report, also when reports queue up behind slow ones', async () => {
  const slow = Promise.withResolvers<void>()
  const store = flaky(withVerb(bench.engine, 'note', (notes) => slow.promise.then(() => bench.engine.note(notes))))
  const worker = aWorker(bench, { engine: store.engine, concurrency: 8 })
  await worker.start()
  const jobs = await bench.waybill.enqueueMany(
    sender,
    Array.from({ length: 8 }, () => null),
  )
  await gate.arrivals(8)
  gate.open()
  for (let turns = 0; turns < 20; turns++) await new Promise((resolve) => setImmediate(resolve))
  expect(store.applied.flatMap(([changes]) => changes)).toEqual([])
  slow.resolve()
  for (const { id } of jobs) {
    await ended(id)
    expect((await bench.history(id)).record).toMatchObject({ progress: 0.25, progressMessage: 'sent' })
    expect(await bench.engine.logs(id, 0, 10)).toHaveLength(1)
  }
  await worker.stop()
})

// ctx.waitFor: a job that waits for somebody's answer, for as long as it takes.
import { afterEach, beforeEach, expect, test } from 'vitest'
import { z } from 'zod'
import { defineJob } from '../job/definition.ts'
import { JobFailed } from '../job/ended.ts'
import { due } from '../job/decide.ts'
import { SignalTimeout } from '../job/waits.ts'
import { aBench, eventually, refusal, type Bench } from '../waybill.fixture.ts'
import { aWorker, Gate, withVerb } from './worker.fixture.ts'

let gate: Gate
let runs = 0

const approval = defineJob<string, unknown>({
  type: 'approval',
  async run(ctx) {
    runs++
    await ctx.step('prepare', () => 1)
    return ctx.waitFor('approved', { timeout: ctx.input })
  },
})
const patient = defineJob<null, unknown>({
  type: 'patient',
  async run(ctx) {
    try {
      return await ctx.waitFor('approved', { timeout: '1500ms' })
    } catch (error) {
      if (error instanceof SignalTimeout) return `nobody said ${error.signalName}`
      throw error
    }
  },
})
const twice = defineJob<null, unknown>({
  type: 'twice',
  run: async (ctx) => [await ctx.waitFor('word'), await ctx.waitFor('word'), await ctx.waitFor('end')],
})
const strict = defineJob<null, unknown>({
  type: 'strict',
  run: (ctx) => ctx.waitFor('sum', { schema: z.object({ n: z.coerce.number() }) }),
})
const busy = defineJob<null, unknown>({
  type: 'busy',
  async run(ctx) {
    await gate.pass(ctx.job.id)
    return ctx.waitFor('approved')
  },
})

let bench: Bench
beforeEach(async () => {
  runs = 0
  gate = new Gate()
  bench = await aBench({ jobs: [approval, patient, twice, strict, busy] })
})
afterEach(() => bench.close())

async function waiting(id: string): Promise<void> {
  await eventually(bench.engine, async () => (await bench.waybill.get(id))?.status === 'waiting')
}

test('a job waits without a worker, and goes on with the answer', async () => {
  const worker = bench.waybill.worker()
  await worker.start()
  const job = await bench.waybill.enqueue(approval, '1d')
  await waiting(job.id)
  expect(worker.active).toBe(0)
  expect(await bench.waybill.signal(job.id, 'approved', { by: 'ann' })).toMatchObject({ status: 'pending' })
  expect(await bench.waybill.result(job)).toEqual({ by: 'ann' })
  const { types, record } = await bench.history(job.id)
  expect(types).toEqual(['created', 'claimed', 'waits', 'resumed', 'claimed', 'completed'])
  expect([record.attempt, runs]).toEqual([1, 2])
})

test('an answer that comes before the job has begun, or while it works, is kept for it', async () => {
  const early = await bench.waybill.enqueue(approval, '1d')
  await bench.waybill.signal(early.id, 'approved', 'early')
  await bench.waybill.worker().start()
  expect(await bench.waybill.result(early)).toBe('early')
  const job = await bench.waybill.enqueue(busy, null)
  await gate.arrivals(1)
  await bench.waybill.signal(job.id, 'approved', 'meanwhile')
  gate.open()
  expect(await bench.waybill.result(job)).toBe('meanwhile')
  expect((await bench.history(job.id)).types).toEqual(['created', 'claimed', 'signalled', 'completed'])
})

test('an answer that comes in the very moment in which the job begins to wait is not missed', async () => {
  const racing = withVerb(bench.engine, 'apply', async (changes, claim) => {
    for (const { id, to } of changes) if (to === 'waiting') await bench.waybill.signal(id, 'approved', 'just now')
    return bench.engine.apply(changes, claim)
  })
  const worker = aWorker(bench, { engine: racing })
  await worker.start()
  const job = await bench.waybill.enqueue(approval, '1d')
  expect(await bench.waybill.result(job)).toBe('just now')
  expect((await bench.history(job.id)).types).toEqual([
    'created',
    'claimed',
    'signalled',
    'released',
    'claimed',
    'completed',
  ])
  await worker.stop()
})

test('a wait that is over throws what the handler can catch', async () => {
  await bench.waybill.worker().start()
  const job = await bench.waybill.enqueue(patient, null)
  expect(await bench.waybill.result(job)).toBe('nobody said approved')
  expect((await bench.history(job.id)).types).toContain('waits')
})

test('a wait that is over and not caught ends the job, and its owner sees why', async () => {
  await bench.waybill.worker().start()
  const error: unknown = await bench.waybill
    .result(await bench.waybill.enqueue(approval, '10ms'))
    .catch((thrown: unknown) => thrown)
  expect(error instanceof JobFailed ? error.error : error).toMatchObject({
    code: 'signal_timeout',
    message: 'No "approved" came in time.',
  })
})

test('an answer that comes after the time but before the job has looked still counts', async () => {
  const first = aWorker(bench)
  await first.start()
  const job = await bench.waybill.enqueue(patient, null)
  await waiting(job.id)
  await first.stop()
  await eventually(bench.engine, async () => (await bench.engine.due('run_at', 1)).length === 1)
  await bench.engine.apply((await bench.engine.due('run_at', 1)).map(due))
  await bench.waybill.signal(job.id, 'approved', 'late')
  await bench.waybill.worker().start()
  expect(await bench.waybill.result(job)).toBe('late')
})

test('waits of one name take its signals in order', async () => {
  const job = await bench.waybill.enqueue(twice, null)
  for (const [name, payload] of [
    ['word', 1],
    ['end', 3],
    ['word', 2],
  ] as const)
    await bench.waybill.signal(job.id, name, payload)
  await bench.waybill.worker().start()
  expect(await bench.waybill.result(job)).toEqual([1, 2, 3])
})

test('a payload is checked, and what does not fit is told to the owner', async () => {
  const [good, bad] = await bench.waybill.enqueueMany(strict, [null, null])
  await bench.waybill.signal(good?.id ?? '', 'sum', { n: '7' })
  await bench.waybill.signal(bad?.id ?? '', 'sum', { n: 'seven' })
  await bench.waybill.worker().start()
  expect(await bench.waybill.result({ id: good?.id ?? '' })).toEqual({ n: 7 })
  const error: unknown = await bench.waybill.result({ id: bad?.id ?? '' }).catch((thrown: unknown) => thrown)
  expect(error instanceof JobFailed ? error.error?.message : error).toMatch(/^The signal "sum" is not valid: \/n /)
})

test('a job that waits can be cancelled', async () => {
  await bench.waybill.worker().start()
  const job = await bench.waybill.enqueue(approval, '1d')
  await waiting(job.id)
  expect(await bench.waybill.cancel(job.id, { reason: 'enough' })).toMatchObject({ status: 'cancelled' })
  await refusal(bench.waybill.signal(job.id, 'approved'), 'job_finished')
})

test('what cannot be a signal is refused, and nothing is kept', async () => {
  const job = await bench.waybill.enqueue(approval, '1d')
  await refusal(bench.waybill.signal('nobody', 'approved'), 'not_found')
  await refusal(bench.waybill.signal(job.id, 'a name'), 'bad_request')
  await refusal(bench.waybill.signal(job.id, 'approved', { at: 1n }), 'bad_request')
  await refusal(bench.waybill.signal(job.id, 'approved', 'x'.repeat(65_536)), 'too_large')
  expect((await bench.history(job.id)).types).toEqual(['created'])
})

test('a job keeps a hundred signals and no more', async () => {
  const job = await bench.waybill.enqueue(approval, '1d')
  for (let i = 0; i < 100; i++) await bench.waybill.signal(job.id, 'approved', i)
  const { message } = await refusal(bench.waybill.signal(job.id, 'approved', 100), 'too_large')
  expect(message).toBe(`job ${job.id} holds 100 signals, and takes no more`)
})

test('of many who answer at once, every one is heard', async () => {
  const job = await bench.waybill.enqueue(approval, '1d')
  await Promise.all(Array.from({ length: 8 }, (_, i) => bench.waybill.signal(job.id, 'approved', i)))
  const [found] = await bench.engine.get([job.id], { steps: true })
  const heard = found && 'steps' in found ? found.steps?.map(({ result }) => Number(result)) : []
  expect(new Set(heard)).toEqual(new Set([0, 1, 2, 3, 4, 5, 6, 7]))
})

// `start_by`: what was not begun by then is never begun, wherever it was when the time came.
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { JobDetails, Tombstone } from '../engine/engine.ts'
import { released } from '../job/decide.ts'
import { defineJob } from '../job/definition.ts'
import { JobFailed } from '../job/ended.ts'
import { aBench, type Bench } from '../waybill.fixture.ts'
import { aWorker, Gate, withVerb } from './worker.fixture.ts'

let gate = new Gate()
let bench: Bench
const ran: string[] = []
const held = defineJob({ type: 'held', run: (ctx) => gate.pass(ctx.job.id) })
const noted = defineJob({ type: 'noted', run: (ctx) => void ran.push(ctx.job.id) })

beforeEach(async () => {
  gate = new Gate()
  ran.splice(0)
  bench = await aBench({ jobs: [held, noted] })
})
afterEach(async () => {
  gate.open()
  await bench.close()
})

const past = () => new Date(bench.engine.now() - 1)
const inMs = (ms: number) => new Date(bench.engine.now() + ms)
const untilPast = (time: Date) => new Promise<void>((resolve) => setTimeout(resolve, time.getTime() - Date.now() + 5))

async function failureOf(id: string): Promise<unknown> {
  try {
    return await bench.waybill.result({ id })
  } catch (error) {
    return error instanceof JobFailed ? error.error?.code : error
  }
}

test('a time that has passed is refused, with what came and what would do', async () => {
  await expect(bench.waybill.enqueue(noted, null, { startBy: past() })).rejects.toMatchObject({
    code: 'bad_request',
    message: expect.stringMatching(/\/start_by: expected a time after .*Z.*, got .*Z/),
  })
  await expect(bench.waybill.enqueue(noted, null, { startBy: inMs(500), delay: '1s' })).rejects.toThrow(
    'when the job may first start',
  )
})

test('a job that was not begun in time is never begun, although a worker claims it before upkeep sees it', async () => {
  const startBy = inMs(20)
  const { id } = await bench.waybill.enqueue(noted, null, { startBy })
  await untilPast(startBy)
  const worker = aWorker(bench)
  await worker.start()
  expect(await failureOf(id)).toBe('expired')
  const { record, types } = await bench.history(id)
  expect([types, record.attempt, record.startedAt, ran]).toEqual([['created', 'claimed', 'expired'], 0, null, []])
  await worker.stop()
})

test('a job that was fetched in time, but went back unbegun, is not begun later either', async () => {
  const startBy = inMs(40)
  const { id } = await bench.waybill.enqueue(noted, null, { startBy })
  const claim = { workerId: 'w', queues: [], max: 1, leaseMs: 15_000, claimId: 'c', begins: 0 }
  const { jobs, fence } = await bench.engine.claim(claim)
  await bench.engine.apply(jobs.map(({ record }) => released(record, fence, 'shutdown')))
  await untilPast(startBy)
  const worker = aWorker(bench)
  await worker.start()
  expect(await failureOf(id)).toBe('expired')
  expect((await bench.history(id)).types).toEqual(['created', 'claimed', 'released', 'claimed', 'expired'])
  await worker.stop()
})

test('an explicit retry may begin when it will; so may a job that was given back while it ran', async () => {
  const startBy = inMs(100)
  const { id } = await bench.waybill.enqueue(held, null, { startBy })
  const first = aWorker(bench)
  await first.start()
  await gate.arrivals(1)
  await untilPast(startBy)
  await first.stop({ graceMs: 0 })
  expect((await bench.history(id)).types).toEqual(['created', 'claimed', 'released'])
  gate.open()
  const second = aWorker(bench)
  await second.start()
  expect(await bench.waybill.result({ id })).toBeNull()
  await bench.waybill.retry(id)
  expect(await bench.waybill.result({ id })).toBeNull()
  expect(gate.came).toHaveLength(3)
  await second.stop()
})

test('while the store cannot say whether a late job ever began, the job goes back unharmed', async () => {
  const startBy = inMs(20)
  const { id } = await bench.waybill.enqueue(noted, null, { startBy })
  await untilPast(startBy)
  let refused = 0
  const get = async (...asked: Parameters<Bench['engine']['get']>): Promise<(JobDetails | Tombstone | null)[]> => {
    if (++refused === 1) throw new Error('away')
    return bench.engine.get(...asked)
  }
  const worker = aWorker(bench, { engine: withVerb(bench.engine, 'get', get) })
  await worker.start()
  expect(await failureOf(id)).toBe('expired')
  expect((await bench.history(id)).types).toEqual(['created', 'claimed', 'released', 'claimed', 'expired'])
  await worker.stop()
})

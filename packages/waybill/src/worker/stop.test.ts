// Starting and stopping: nothing of a worker is left behind, and no attempt is charged for a shutdown.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { defineJob } from '../job/definition.ts'
import { WaybillError } from '../job/errors.ts'
import { systemClock, type Clock } from '../lib/clock.ts'
import { aBench, eventually, type Bench } from '../waybill.fixture.ts'
import { aWorker, flaky, Gate, hurried, untilAborted, withVerb } from './worker.fixture.ts'

let gate = new Gate()
let reasons: unknown[] = []

const held = defineJob({ type: 'held', run: async (ctx) => (await gate.pass(ctx.job.id), ctx.job.attempt) })
const polite = defineJob({
  type: 'polite',
  async run(ctx) {
    void gate.pass(ctx.job.id)
    ctx.progress(0.5)
    await untilAborted(ctx.signal).catch((error: unknown) => {
      reasons.push(error)
      throw error
    })
  },
})
const quick = defineJob({ type: 'quick', run: (ctx) => ctx.job.attempt })

let bench: Bench
beforeEach(async () => {
  gate = new Gate()
  reasons = []
  bench = await aBench({ jobs: [held, polite, quick], shutdownGrace: '100ms' })
})
afterEach(async () => {
  gate.open()
  await bench.close()
})

const statusOf = async (id: string) => (await bench.history(id)).record.status

test('a stop waits for running jobs, which end as they would', async () => {
  const worker = bench.waybill.worker()
  await worker.start()
  const job = await bench.waybill.enqueue(held, null)
  await gate.arrivals(1)
  const stopped = worker.stop({ grace: '20s' })
  gate.open()
  await stopped
  expect(await statusOf(job.id)).toBe('completed')
  expect(worker.active).toBe(0)
})

test('a stop takes no new job', async () => {
  const worker = bench.waybill.worker({ concurrency: 2 })
  await worker.start()
  await bench.waybill.enqueue(held, null)
  await gate.arrivals(1)
  const stopped = worker.stop({ grace: '20s' })
  const { id } = await bench.waybill.enqueue(quick, null)
  gate.open()
  await stopped
  expect(await bench.history(id)).toMatchObject({ types: ['created'] })
})

test('after the grace a running job is told, given back and charged nothing', async () => {
  const worker = bench.waybill.worker()
  await worker.start()
  const { id } = await bench.waybill.enqueue(polite, null)
  await gate.arrivals(1)
  await worker.stop({ grace: 0 })
  expect(reasons).toMatchObject([{ name: 'JobAborted', reason: 'shutdown' }])
  const { record, types } = await bench.history(id)
  expect(record).toMatchObject({ status: 'pending', attempt: 0, fails: 0, losses: 0, progress: null })
  expect(types).toEqual(['created', 'claimed', 'released'])
})

test('a handler that does not hear the shutdown is left behind: its job is given back, its late result refused', async () => {
  const worker = aWorker(bench, { clock: hurried })
  await worker.start()
  const { id } = await bench.waybill.enqueue(held, null)
  await gate.arrivals(1)
  await worker.stop({ graceMs: 0 })
  expect(await statusOf(id)).toBe('pending')
  gate.open()
  await bench.waybill.worker().start()
  expect(await bench.waybill.result({ id })).toBe(1)
})

test('jobs that were fetched but not begun go back at once, though a running one takes its time', async () => {
  const still: Clock = { ...systemClock, now: () => 0 } // however slow the machine: its pace is never forgotten
  const worker = aWorker(bench, { concurrency: 1, clock: still })
  await bench.waybill.enqueueMany(quick, Array.from({ length: 2_000 }))
  const others = await bench.waybill.enqueueMany(held, Array.from({ length: 50 }))
  await worker.start()
  await gate.arrivals(1)
  await eventually(bench.engine, async () => (await bench.engine.count({})).processing === 50)
  const stopped = worker.stop({ graceMs: 20_000 })
  await eventually(bench.engine, async () => (await bench.engine.count({})).processing === 1)
  expect(await bench.engine.count({})).toMatchObject({ pending: 49, completed: 2_000 })
  gate.open()
  await stopped
  const last = await bench.history(others[48]?.id ?? '')
  expect(last.record).toMatchObject({ attempt: 0, losses: 0 })
  expect(last.timeline.at(-1)).toMatchObject({ type: 'released', data: { reason: 'shutdown' } })
})

test('stopping twice is one stop, and both calls wait for its end', async () => {
  const ended: string[] = []
  const engine = withVerb(bench.engine, 'enrol', (info, ttlMs) => {
    if (ttlMs === 0) ended.push('signed off')
    return bench.engine.enrol(info, ttlMs)
  })
  const worker = aWorker(bench, { engine })
  await worker.start()
  await bench.waybill.enqueue(held, null)
  await gate.arrivals(1)
  const stops = [worker.stop().then(() => ended.push('stop')), worker.stop().then(() => ended.push('stop'))]
  ended.push('open')
  gate.open()
  await Promise.all(stops)
  expect(ended).toEqual(['open', 'signed off', 'stop', 'stop'])
  expect(await bench.engine.workers()).toEqual([])
})

test('a worker that was stopped before its start never runs', async () => {
  const worker = aWorker(bench)
  await worker.stop()
  await expect(worker.start()).rejects.toThrow('make a new worker')
  expect(await bench.engine.workers()).toEqual([])
})

test('a stop during the start leaves nothing running', async () => {
  const store = flaky(bench.engine)
  const worker = aWorker(bench, { engine: store.engine, engineUrl: bench.url })
  const started = worker.start()
  await worker.stop()
  await started
  expect(await bench.engine.workers()).toEqual([])
  const calls = store.applied.length
  await bench.waybill.worker().start()
  await bench.waybill.result(await bench.waybill.enqueue(quick, null))
  expect(store.applied).toHaveLength(calls)
})

test('the public handle: a stop during the start waits for it, a second start is refused', async () => {
  const worker = bench.waybill.worker()
  const started = worker.start()
  await expect(worker.start()).rejects.toThrow('start() was called before')
  await worker.stop()
  await started
  expect(await bench.engine.workers()).toEqual([])
  await expect(bench.waybill.worker().stop()).resolves.toBeUndefined()
})

test('a worker is known to operators while it runs, and no longer', async () => {
  const worker = bench.waybill.worker({ name: 'press', concurrency: 3, queues: ['a', 'b'] })
  await worker.start()
  expect(await bench.engine.workers()).toMatchObject([{ name: 'press', slots: 3, queues: ['a', 'b'] }])
  await worker.stop()
  expect(await bench.engine.workers()).toEqual([])
})

test('a start while the store is away fails, and leaves nothing behind', async () => {
  const store = flaky(bench.engine)
  store.away(['enrol'])
  const worker = aWorker(bench, { engine: store.engine })
  await expect(worker.start()).rejects.toThrow(WaybillError)
  await worker.stop()
  expect(worker.active).toBe(0)
})

test('a stop ends although the store is away: outcomes are not insisted on for ever', async () => {
  const store = flaky(bench.engine)
  const worker = aWorker(bench, { engine: store.engine, shutdownGraceMs: 100, clock: hurried })
  await worker.start()
  await bench.waybill.enqueue(held, null)
  await gate.arrivals(1)
  store.away(['apply', 'enrol', 'note'])
  gate.open()
  await store.nextRefusal()
  await worker.stop()
  expect(bench.said).toContainEqual(expect.stringContaining('outcomes could not be stored'))
  expect(bench.said).toContainEqual(expect.stringContaining('could not sign off'))
})

test('a process that stops its worker and closes ends by itself', async () => {
  const file = fileURLToPath(new URL('./ends.fixture.ts', import.meta.url))
  const child = spawn(process.execPath, [file, bench.url], { stdio: ['ignore', 'pipe', 'inherit'] })
  let out = ''
  child.stdout.on('data', (chunk) => (out += chunk))
  const [code, signal] = await once(child, 'close')
  expect([code, signal, out]).toEqual([0, null, 'done 1\n'])
})

// Workers that operators quieten or terminate.
import { afterEach, beforeEach, expect, test } from 'vitest'
import { orderKind } from '../engine/worker-order.ts'
import { defineJob } from '../job/definition.ts'
import { aBench, eventually, type Bench } from '../waybill.fixture.ts'
import { aWorker, Gate, hurried } from './worker.fixture.ts'
import type { Worker } from './worker.ts'

let bench: Bench
let worker: Worker
let gate: Gate
beforeEach(async () => {
  gate = new Gate()
  const held = defineJob({ type: 'held', run: (ctx) => gate.pass(ctx.job.id) })
  bench = await aBench({ jobs: [held] })
  worker = aWorker(bench, { clock: hurried })
  await worker.start()
  await bench.waybill.enqueue(held, null)
  await gate.arrivals(1)
})
afterEach(async () => {
  gate.open()
  await worker.stop()
  await bench.close()
})

const tell = async (order: 'quiet' | 'terminate') => {
  await bench.parts.operate.staff.tell({ ...(await self()), order: null }, order)
}
const self = async () => {
  const [row] = await bench.engine.workers()
  if (!row) throw new Error('no worker')
  return row
}
const heard = () => eventually(bench.engine, () => bench.said.some((line) => line.includes('an operator told')))

test('a quiet worker finishes what runs and takes nothing new', async () => {
  await tell('quiet')
  await heard()
  await bench.waybill.enqueue(defineJob({ type: 'held', run: () => null }), null)
  gate.open()
  await eventually(bench.engine, async () => (await bench.engine.count({})).completed === 1)
  await eventually(bench.engine, () => worker.active === 0)
  expect(await bench.engine.count({})).toMatchObject({ pending: 1, processing: 0 })
  expect((await bench.parts.operate.staff.list()).map(({ order }) => order)).toEqual(['quiet'])
})

test('a worker that is told to terminate ends in order and leaves nothing of itself in the store', async () => {
  await tell('terminate')
  await heard()
  gate.open()
  await worker.ended
  expect(await bench.engine.count({})).toMatchObject({ completed: 1, processing: 0 })
  expect(await bench.engine.workers()).toEqual([])
  expect(await bench.engine.docs(orderKind)).toEqual([])
})

test('orders to workers that were killed are cleared away with the next order', async () => {
  await bench.engine.putDoc(orderKind, 'w_gone', { order: 'quiet' }, 0)
  await tell('quiet')
  expect((await bench.engine.docs(orderKind)).map(({ key }) => key)).toEqual([worker.id])
})

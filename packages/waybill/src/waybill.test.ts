// What whoever waits for a job is told when the Waybill that they ask is closed.
import { afterEach, beforeEach, expect, test } from 'vitest'
import { defineJob } from './index.ts'
import { aBench, type Bench } from './waybill.fixture.ts'

const slow = defineJob({ type: 'slow', run: () => null })
let bench: Bench

beforeEach(async () => {
  bench = await aBench({ jobs: [slow] })
})

afterEach(() => bench.close())

const closed = { code: 'draining', message: expect.stringContaining('has been closed') }

test('whoever watches a job is told that this Waybill was closed', async () => {
  const { waybill } = bench
  const { id } = await waybill.enqueue(slow, null)
  const states = waybill.watch(id)
  await states.next()
  const next = states.next()
  await Promise.all([expect(next).rejects.toMatchObject(closed), waybill.close()])
})

test('whoever waits for a result is told so too', async () => {
  const { waybill } = bench
  const job = await waybill.enqueue(slow, null)
  const result = waybill.result(job)
  await Promise.all([expect(result).rejects.toMatchObject(closed), waybill.close()])
})

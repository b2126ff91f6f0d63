// What people ask of a job that exists: cancel, retry, purge; and what they are told when it cannot be.
import { afterEach, beforeEach, expect, test } from 'vitest'
import { z } from 'zod'
import { aClaim } from '../engine/jobs.fixture.ts'
import { completed } from '../job/decide.ts'
import { defineJob } from '../job/definition.ts'
import { aBench, refusal, type Bench } from '../waybill.fixture.ts'

const job = defineJob({ type: 'job', input: z.object({ n: z.number() }), run: () => null })

let bench: Bench
beforeEach(async () => {
  bench = await aBench({ jobs: [job] })
})
afterEach(() => bench.close())

const enqueue = async () => (await bench.waybill.enqueue(job, { n: 1 })).id
const control = () => bench.parts.control
const claimed = async () => {
  const id = await enqueue()
  const { jobs, fence } = await bench.engine.claim(aClaim())
  const leased = jobs.find(({ record }) => record.id === id)
  if (!leased) throw new Error('not claimed')
  return { id, fence, record: leased.record }
}
const ended = async () => {
  const { id, fence, record } = await claimed()
  await bench.engine.apply([completed(record, fence, 'done')])
  return id
}

test('a job that waits is cancelled at once, with the reason', async () => {
  const outcome = await control().cancel(await enqueue(), { reason: 'no longer wanted' })
  expect(outcome).toMatchObject({
    outcome: 'cancelled',
    record: { status: 'cancelled', cancelReason: 'no longer wanted' },
  })
})

test('a running job is asked to stop and keeps its lease for the grace', async () => {
  const { id } = await claimed()
  const { outcome, record } = await control().cancel(id, { graceMs: 5_000 })
  expect(outcome).toBe('requested')
  expect(record.status).toBe('processing')
  expect((record.cancelBy ?? 0) - (record.cancelRequestedAt ?? 0)).toBe(5_000)
})

test('a forced cancel revokes the lease: what the worker still brings is refused', async () => {
  const { id, fence, record } = await claimed()
  expect((await control().cancel(id, { mode: 'force' })).outcome).toBe('cancelled')
  const { applied } = await bench.engine.apply([completed(record, fence, 'late')])
  expect(applied).toEqual([{ outcome: 'lost' }])
  expect((await bench.history(id)).record).toMatchObject({ status: 'cancelled', result: null })
})

test('cancelling twice is no error', async () => {
  const id = await enqueue()
  await control().cancel(id)
  expect((await control().cancel(id)).outcome).toBe('already_cancelled')
})

test('a job that ended otherwise cannot be cancelled', async () => {
  const error = await refusal(control().cancel(await ended()), 'job_finished')
  expect(error.message).toContain('completed')
})

test('what never was is not found, what was purged has expired', async () => {
  await refusal(control().cancel('never'), 'not_found')
  const id = await ended()
  await control().purge(id)
  await refusal(control().cancel(id), 'job_expired')
  expect((await refusal(control().retry(id), 'job_expired')).status).toBe(410)
})

test('of fifty cancels at once one cancels, the others find it cancelled', async () => {
  const id = await enqueue()
  const outcomes = await Promise.all(Array.from({ length: 50 }, () => control().cancel(id)))
  expect(outcomes.filter(({ outcome }) => outcome === 'cancelled')).toHaveLength(1)
  expect((await bench.history(id)).types).toEqual(['created', 'cancelled'])
})

test('a retry runs the same job anew: counters from zero, rev and fence go on', async () => {
  const id = await ended()
  const before = (await bench.history(id)).record
  const record = await control().retry(id)
  expect(record).toMatchObject({ id, status: 'pending', attempt: 0, fails: 0, result: null, rev: before.rev + 1 })
  const { fence } = await bench.engine.claim(aClaim())
  expect(fence).toBeGreaterThan(before.fence)
})

test('a retry may bring a new input, which is checked like any', async () => {
  const id = await ended()
  await refusal(control().retry(id, { input: { n: 'x' } }), 'invalid_input')
  expect((await bench.history(id)).record.status).toBe('completed')
  await control().retry(id, { input: { n: 2 } })
  const { jobs } = await bench.engine.claim(aClaim())
  expect(jobs.map(({ inputJson }) => inputJson)).toEqual(['{"n":2}'])
})

test('only an ended job can be retried or purged', async () => {
  const id = await enqueue()
  await refusal(control().retry(id), 'job_not_finished')
  expect((await refusal(control().purge(id), 'job_not_finished')).message).toContain('cancel it before purging it')
})

// Schedules as the TypeScript API has them; what is due when is job/schedule.test.ts, the engines are test/schedules.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { defineJob } from '../job/definition.ts'
import { aBench, eventually, refusal, type Bench } from '../waybill.fixture.ts'

const report = defineJob({
  type: 'report',
  input: z.object({ of: z.string() }),
  run: ({ input }) => ({ made: input.of }),
})
const job = report.with({ of: 'sales' })

let bench: Bench
beforeEach(async () => {
  bench = await aBench({ jobs: [report] })
})
afterEach(() => bench.close())

describe('waybill.schedule', () => {
  test('has its jobs run by a worker, each with its slot and the key of the schedule', async () => {
    const { waybill, engine } = bench
    const { settledAt } = await waybill.schedule('tick', {
      every: '1s',
      job: { ...job, userId: 'ann', title: 'Sales', metadata: { a: 1 } },
    })
    await waybill.worker().start()
    const done = async () => (await waybill.list({ scheduleKey: 'tick', status: ['completed'] })).jobs
    await eventually(engine, async () => (await done()).length > 0)
    await waybill.unschedule('tick')
    const [first] = (await done()).toReversed()
    expect(first).toMatchObject({ scheduleKey: 'tick', userId: 'ann', title: 'Sales', result: { made: 'sales' } })
    expect(first?.metadata).toEqual({ a: 1, scheduled_for: new Date(settledAt + 1_000).toISOString() })
  })

  test('said again at every start changes nothing, not even how far it has come', async () => {
    const options = { cron: '0 3 * * *', timezone: 'Europe/Berlin', job }
    const first = await bench.waybill.schedule('nightly', options)
    expect(await bench.waybill.schedule('nightly', options)).toEqual(first)
  })

  test('with another input goes on where it was; with other times it begins anew', async () => {
    const { settledAt } = await bench.waybill.schedule('s', { every: '1h', job })
    const input = await bench.waybill.schedule('s', { every: '1h', job: report.with({ of: 'stock' }) })
    expect(input).toMatchObject({ settledAt, timing: { anchorAt: settledAt }, rev: 2 })
    const times = await bench.waybill.schedule('s', { every: '2h', job })
    expect(times.settledAt).toBeGreaterThanOrEqual(settledAt)
    expect(times.timing).toEqual({ everyMs: 7_200_000, anchorAt: times.settledAt })
  })

  test('does not end the pause of an operator unless it says so', async () => {
    await bench.waybill.schedule('s', { every: '1h', job })
    await bench.parts.schedules.pause('s', true)
    expect((await bench.waybill.schedule('s', { every: '2h', job })).paused).toBe(true)
    expect((await bench.waybill.schedule('s', { every: '2h', job, paused: false })).paused).toBe(false)
  })

  test('refuses what it does not know, with the nearest word', async () => {
    const schedule = (more: object) => bench.waybill.schedule('s', Object.assign({ every: '1h', job }, more))
    await expect(schedule({ timezon: 'UTC' })).rejects.toThrow('unknown option "timezon". Did you mean "timezone"?')
    await expect(schedule({ every: '-1h' })).rejects.toThrow('schedule("s"): every: expected a duration')
    await expect(schedule({ job: { ...job, runAt: new Date() } })).rejects.toThrow('job.runAt cannot be the same')
    await expect(schedule({ job: { ...job, tilte: 'x' } })).rejects.toThrow('Did you mean "title"?')
    await refusal(schedule({ overlap: 'wait' }), 'bad_request')
    await refusal(schedule({ job: { type: 'reprot', input: null } }), 'unknown_type')
    await refusal(schedule({ job: { type: 'report', input: {} } }), 'invalid_input')
    expect(await bench.parts.schedules.list()).toEqual([])
  })

  test('keeps at most a thousand', async () => {
    const { engine, schedules } = bench.parts
    await Promise.all(Array.from({ length: 1_000 }, (_, n) => engine.putDoc('schedule', `s${n}`, {}, 0)))
    const full = await refusal(
      schedules.put('one-more', { every_ms: 1_000, job: { type: 'report', input: { of: 'x' } } }),
      'bad_request',
    )
    expect(full.message).toContain('remove one first')
  })
})

test('waybill.trigger submits the job now, waybill.unschedule forgets the schedule and leaves its jobs', async () => {
  const { waybill } = bench
  await waybill.schedule('s', { cron: '0 3 * * *', job })
  const made = await waybill.trigger('s')
  await waybill.unschedule('s')
  expect((await waybill.list({ scheduleKey: 's' })).jobs.map(({ id }) => id)).toEqual([made.id])
  await refusal(waybill.trigger('s'), 'not_found')
  await refusal(waybill.unschedule('s'), 'not_found')
})

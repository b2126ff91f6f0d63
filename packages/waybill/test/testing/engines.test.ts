// testWaybill on stores with a clock of their own: the same times, give or take what a round trip takes.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { defineJob } from 'waybill'
import { testWaybill, type TestWaybill } from 'waybill/testing'
import { postgresUnderTest, redisUnderTest, type Place, type Places } from '../faults/store.fixture.ts'

const hour = 3_600_000
const flaky = defineJob<null, number>({
  type: 'flaky',
  retry: { attempts: 3, backoff: '1h', factor: 1 },
  async run(ctx) {
    await ctx.step('once', () => void done.push('once'))
    if (ctx.job.attempt === 1) throw new Error('not yet')
    await ctx.sleep('nap', '1d')
    return ctx.job.attempt
  },
})
const forever = defineJob({ type: 'forever', timeout: '2h', run: (ctx) => untilAborted(ctx.signal) })
const quick = defineJob({ type: 'quick', retention: '2d', run: () => null })
const done: string[] = []

function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
}

function onEngine(start: () => Promise<Places>): void {
  let places: Places
  let place: Place
  let t: TestWaybill
  beforeAll(async () => (places = await start()))
  afterAll(() => places.stop())
  beforeEach(async () => {
    done.length = 0
    place = await places.store()
    t = await testWaybill({ jobs: [flaky, forever], engine: place.url })
  })
  afterEach(async () => {
    await t.close()
    await place.close()
  })

  test('retries and sleeps come at their times', async () => {
    const job = await t.enqueue(flaky, null)
    expect(await t.result(job)).toBe(2)
    const ended = (await t.history(job)).at(-1)?.afterMs ?? 0
    expect(Math.round(ended / hour)).toBe(25)
    expect(done).toEqual(['once'])
  })

  test('a worker that lives keeps its lease; one that died loses it', async () => {
    const job = await t.enqueue(forever, null)
    await t.advance('1h')
    expect(await t.jobs()).toMatchObject([{ status: 'processing', losses: 0 }])
    t.crashWorker()
    await t.advance('1m')
    expect(await t.jobs()).toMatchObject([{ status: 'processing', losses: 1, attempt: 2 }])
    await t.advance('2h')
    const events = (await t.history(job)).map(({ event }) => event)
    expect(events.slice(0, 5)).toEqual(['created', 'claimed', 'lost', 'claimed', 'retry_scheduled'])
  })

  test('weeks pass from a date of the test, with schedules and retention', async () => {
    await t.close()
    await place.close()
    place = await places.store()
    t = await testWaybill({ jobs: [quick], engine: place.url, now: '2026-03-01T00:00:00Z' })
    await t.waybill.schedule('daily', { cron: '0 3 * * *', job: quick.with(null) })
    await t.advance('40d')
    const days = (await t.jobs()).map(
      ({ createdAt, status }) => `${new Date(createdAt + 1_000).toISOString().slice(0, 13)} ${status}`,
    )
    expect(days).toEqual(['2026-04-08T03 completed', '2026-04-09T03 completed'])
  })

  test('an outage is lived through, and a lost answer changes nothing', async () => {
    t.failNext('apply', 'after')
    const job = await t.enqueue(flaky, null)
    await t.advance('30m')
    t.dropStore('1h')
    expect(await t.result(job)).toBe(2)
    expect((await t.history(job)).filter(({ event }) => event === 'retry_scheduled')).toHaveLength(1)
  })
}

describe('PostgreSQL', () => {
  onEngine(postgresUnderTest)
})
describe('Redis', () => {
  onEngine(redisUnderTest)
})

// testWaybill itself: that time passes as it should, that faults hit what they are meant for, and that nothing hangs.
import { afterEach, describe, expect, test, vi } from 'vitest'
import { z } from 'zod'
import { defineJob, JobCancelled, JobFailed, UserError } from '../index.ts'
import { testWaybill, type FaultyVerb, type TestOptions, type TestWaybill } from './index.ts'

let seen: string[] = []
const echo = defineJob<unknown, unknown>({ type: 'echo', retention: '7d', run: ({ input }) => input })
const flaky = defineJob<number, string>({
  type: 'flaky',
  retry: { attempts: 3, backoff: '30m', factor: 2, jitter: 0.5 },
  run(ctx) {
    seen.push(`attempt ${ctx.job.attempt}`)
    if (ctx.job.attempt <= ctx.input) throw new UserError('busy', 'Busy.', { retryable: true })
    return 'done'
  },
})
const sleepy = defineJob<string, string>({
  type: 'sleepy',
  async run(ctx) {
    await ctx.step('before', () => void seen.push('before'))
    await ctx.sleep('nap', ctx.input)
    return ctx.step('after', () => 'rested')
  },
})
const approval = defineJob<null, unknown>({
  type: 'approval',
  run: (ctx) => ctx.waitFor('approved', { timeout: '3d', schema: z.object({ by: z.string() }) }),
})
/** Ends when it is told to, and tells what told it. */
const obedient = defineJob({
  type: 'obedient',
  timeout: '30m',
  softTimeout: '25m',
  async run(ctx) {
    ctx.softSignal.addEventListener('abort', () => seen.push('soft'))
    await new Promise((_, reject) => {
      ctx.signal.addEventListener('abort', () => {
        seen.push(String(ctx.signal.reason.reason))
        reject(ctx.signal.reason)
      })
    })
  },
})
const deaf = defineJob({ type: 'deaf', run: () => new Promise(() => {}) })
const elsewhere = defineJob({ type: 'elsewhere' })
const stepwise = defineJob({
  type: 'stepwise',
  async run(ctx) {
    await ctx.step('one', () => void seen.push('one'))
    if (ctx.job.attempt === 1) await new Promise(() => {})
    await ctx.step('two', () => void seen.push('two'))
    return ctx.job.attempt
  },
})

let t: TestWaybill
afterEach(async () => {
  await t.close()
  seen = []
})

const jobs = [echo, flaky, sleepy, approval, obedient, deaf, elsewhere, stepwise]
async function open(options: Partial<TestOptions> = {}): Promise<void> {
  t = await testWaybill({ jobs, patience: '200ms', ...options })
}
const states = async (id: string) => (await t.history(id)).map(({ status, afterMs }) => [status, afterMs])
const hours = (n: number) => n * 3_600_000

describe('run', () => {
  test('answers the result', async () => {
    await open()
    expect(await t.run(echo, { n: 1 })).toEqual({ n: 1 })
  })

  test('retries come at their times, hours later, at once', async () => {
    await open()
    const job = await t.enqueue(flaky, 2)
    expect(await t.result(job)).toBe('done')
    expect(await states(job.id)).toEqual([
      ['pending', 0],
      ['processing', 0],
      ['scheduled', 0],
      ['pending', hours(0.5)],
      ['processing', hours(0.5)],
      ['scheduled', hours(0.5)],
      ['pending', hours(1.5)],
      ['processing', hours(1.5)],
      ['completed', hours(1.5)],
    ])
  })

  test('throws what the owner is shown', async () => {
    await open()
    const error = await t.run(flaky, 9).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(JobFailed)
    expect(error).toMatchObject({ error: { code: 'busy', message: 'Busy.' } })
  })

  test('a cancelled job says so', async () => {
    await open()
    const job = await t.enqueue(echo, 1, { delay: '1h' })
    await t.waybill.cancel(job.id)
    await expect(t.result(job)).rejects.toBeInstanceOf(JobCancelled)
  })

  test('sleeps and delays pass at once', async () => {
    await open()
    const job = await t.enqueue(sleepy, '90d', { delay: '1d' })
    expect(await t.result(job)).toBe('rested')
    expect((await states(job.id)).at(-1)).toEqual(['completed', hours(91 * 24)])
    expect(seen).toEqual(['before'])
  })

  test('a sleep too short to leave the worker passes too', async () => {
    await open()
    const job = await t.enqueue(sleepy, '400ms')
    expect(await t.result(job)).toBe('rested')
    expect((await states(job.id)).at(-1)).toEqual(['completed', 400])
  })

  test('a handler that is at work in real time is waited for', async () => {
    const slow = defineJob({ type: 'slow', run: () => new Promise((done) => setTimeout(done, 30, 'done')) })
    await open({ jobs: [slow] })
    expect(await t.run(slow, null)).toBe('done')
  })

  test('many jobs, hours apart, take no time at all', async () => {
    await open()
    const all = await Promise.all(Array.from({ length: 50 }, (_, i) => t.enqueue(echo, i, { delay: hours(i) })))
    for (const [i, job] of all.entries()) expect(await t.result(job)).toBe(i)
    expect(t.now().getTime() - (all[0]?.createdAt ?? 0)).toBe(hours(49))
  })
})

describe('what would never end says why', () => {
  const why = async (ending: Promise<unknown>) => String(await ending.catch((error: unknown) => error))

  test('a signal that nobody sends', async () => {
    await open()
    expect(await why(t.run(approval, null))).toContain('Waiting for a signal; goes on without it in 3 d')
  })

  test('a handler that hears nothing', async () => {
    await open()
    expect(await why(t.run(deaf, null))).toContain('the handler of "deaf"')
  })

  test('a job that is run elsewhere', async () => {
    await open()
    expect(await why(t.run(elsewhere, null))).toContain('no handler for "elsewhere" in this test')
  })

  test('a paused queue', async () => {
    await open()
    const { engine } = await t.waybill.parts()
    await engine.putDoc('queue', 'default', { paused: true }, null)
    expect(await why(t.run(echo, null))).toContain('Queue default is paused')
  })

  test('fake timers of the runner', async () => {
    await open()
    vi.useFakeTimers()
    try {
      expect(await why(t.advance('1s'))).toContain('fake timers of the test runner are on')
    } finally {
      vi.useRealTimers()
    }
  })
})

describe('advance', () => {
  test('time limits come at their times, first the soft one', async () => {
    await open()
    const job = await t.enqueue(obedient, null)
    await t.advance('25m')
    expect(seen).toEqual(['soft'])
    await t.advance('5m')
    expect(seen).toEqual(['soft', 'timeout'])
    expect((await t.history(job)).at(-1)).toMatchObject({
      status: 'scheduled',
      event: 'retry_scheduled',
      afterMs: 1_800_000,
    })
  })

  test('a living worker keeps its lease however long it takes', async () => {
    await open({ settings: { timeout: '30d', softTimeout: '29d' } })
    const long = await t.enqueue(deaf, null)
    await t.advance('20d')
    const [job] = await t.jobs()
    expect(job).toMatchObject({ id: long.id, status: 'processing', attempt: 1, losses: 0 })
  })

  test('nothing comes before its time', async () => {
    await open()
    const job = await t.enqueue(echo, 1, { delay: '1h' })
    await t.advance(hours(1) - 1)
    expect((await t.jobs())[0]?.status).toBe('scheduled')
    await t.advance(1)
    expect((await states(job.id)).at(-1)).toEqual(['completed', hours(1)])
  })

  test('a signal that does not come in time', async () => {
    await open()
    const job = await t.enqueue(approval, null)
    await t.advance('3d')
    await expect(t.result(job)).rejects.toMatchObject({ error: { code: 'signal_timeout' } })
  })

  test('a signal wakes the job that waits for it', async () => {
    await open()
    const job = await t.enqueue(approval, null)
    await t.advance('1h')
    await t.waybill.signal(job.id, 'approved', { by: 'ada' })
    expect(await t.result(job)).toEqual({ by: 'ada' })
    expect((await states(job.id)).at(-1)).toEqual(['completed', hours(1)])
  })

  test('schedules fire once a slot, by the clock of the test', async () => {
    await open({ now: '2026-03-28T12:00:00Z' })
    await t.waybill.schedule('nightly', { cron: '30 2 * * *', timezone: 'Europe/Berlin', job: echo.with('night') })
    await t.advance('3d')
    const at = (await t.jobs()).map(({ createdAt }) => new Date(createdAt).toISOString())
    expect(at).toEqual(['2026-03-29T01:00:00.000Z', '2026-03-30T00:30:00.000Z', '2026-03-31T00:30:00.000Z'])
  })

  test('what is past its retention is gone', async () => {
    await open()
    await t.run(echo, 1)
    await t.advance('6d')
    expect(await t.jobs()).toHaveLength(1)
    await t.advance('1d')
    expect(await t.jobs()).toEqual([])
  })

  test('what runs after a batch runs after the last of its jobs', async () => {
    await open()
    const entries = [
      { job: echo, input: 1 },
      { job: echo, input: 2, delay: '1h' },
    ]
    await t.waybill.enqueueBatch(entries, { onFinish: { job: echo, input: 'all' } })
    await t.advance('2h')
    expect((await t.jobs()).map(({ status, result }) => [status, result])).toContainEqual(['completed', 'all'])
  })

  test('a job with a start_by that nobody begins fails in time', async () => {
    await open()
    const { engine } = await t.waybill.parts()
    await engine.putDoc('queue', 'default', { paused: true }, null)
    const job = await t.enqueue(echo, 1, { startBy: new Date(t.now().getTime() + 60_000) })
    await t.advance('2m')
    expect((await t.history(job)).at(-1)).toMatchObject({ event: 'expired', afterMs: 60_000 })
  })

  test('a cancel that is not obeyed ends the job at the end of its grace', async () => {
    await open()
    const job = await t.enqueue(deaf, null)
    await t.advance('1s')
    await t.waybill.cancel(job.id)
    await t.advance('1m')
    expect((await states(job.id)).at(-1)).toEqual(['cancelled', 31_000])
  })
})

describe('crashes and outages', () => {
  test('after a crash the lease runs out, the job goes to the next worker, and its steps are kept', async () => {
    await open()
    const job = await t.enqueue(stepwise, null)
    await t.advance('1s')
    t.crashWorker()
    await t.advance('10s')
    expect((await t.jobs())[0]).toMatchObject({ status: 'processing', losses: 0 })
    await t.advance('20s')
    expect((await t.jobs())[0]).toMatchObject({ losses: 1, attempt: 2 })
    expect(await t.result(job)).toBe(2)
    expect(seen).toEqual(['one', 'two'])
    expect((await t.history(job)).map(({ event }) => event)).toEqual([
      'created',
      'claimed',
      'lost',
      'claimed',
      'completed',
    ])
  })

  test('what a dead worker still does is heard by nobody', async () => {
    const gate = Promise.withResolvers<string>()
    const held = defineJob({ type: 'held', run: (ctx) => (ctx.job.attempt === 1 ? gate.promise : 'second') })
    await open({ jobs: [held] })
    const job = await t.enqueue(held, null)
    await t.advance('1s')
    t.crashWorker()
    gate.resolve('first')
    await t.advance('1m')
    expect(await t.result(job)).toBe('second')
  })

  test('a job that kills its worker again and again fails', async () => {
    await open()
    const job = await t.enqueue(deaf, null)
    for (let i = 0; i < 4; i++) {
      await t.advance('10m')
      t.crashWorker()
    }
    await t.advance('10m')
    await expect(t.result(job)).rejects.toMatchObject({ error: { code: 'worker_crashed' } })
  })

  test('an outage of the store is lived through, and refuses new jobs meanwhile', async () => {
    await open()
    const job = await t.enqueue(sleepy, '10s')
    await t.advance('5s')
    t.dropStore('1m')
    await expect(t.enqueue(echo, 1)).rejects.toMatchObject({ code: 'engine_unavailable' })
    expect(await t.result(job)).toBe('rested')
    expect((await states(job.id)).at(-1)?.[1]).toBeGreaterThanOrEqual(65_000)
  })

  test('so many calls fail, and no more', async () => {
    await open()
    await t.advance(0)
    t.dropStore(2)
    await expect(t.enqueue(echo, 1)).rejects.toMatchObject({ code: 'engine_unavailable' })
    await expect(t.enqueue(echo, 1)).rejects.toMatchObject({ code: 'engine_unavailable' })
    expect(await t.run(echo, 1)).toBe(1)
  })

  test.each(['before', 'after'] as const)('an outcome whose storing fails (%s) is stored once', async (when) => {
    await open()
    t.failNext('apply', when)
    const job = await t.enqueue(echo, 'once')
    expect(await t.result(job)).toBe('once')
    expect((await t.history(job)).filter(({ event }) => event === 'completed')).toHaveLength(1)
  })

  test('a heartbeat that fails once costs nothing', async () => {
    await open()
    const job = await t.enqueue(deaf, null)
    await t.advance('1s')
    t.failNext('extend')
    await t.advance('5m')
    expect((await t.history(job)).map(({ event }) => event)).toEqual(['created', 'claimed'])
  })

  test('faults that are none are refused', async () => {
    await open()
    expect(() => t.dropStore(0)).toThrow('dropStore: expected a number of calls')
    expect(() => t.dropStore('soon')).toThrow('dropStore: expected a duration')
    const verb: FaultyVerb = JSON.parse('"aply"')
    expect(() => t.failNext(verb)).toThrow('Did you mean "apply"?')
  })
})

test('an option that does not exist is refused', async () => {
  await open()
  const wrong: TestOptions = Object.assign({ jobs }, { engin: 'x' })
  await expect(testWaybill(wrong)).rejects.toThrow('Did you mean "engine"?')
  await expect(testWaybill({ jobs, now: 'soon' })).rejects.toThrow('now: expected a date')
})

test('close tells handlers to stop, and may be called again', async () => {
  await open()
  await t.enqueue(obedient, null)
  await t.advance('1s')
  await t.close()
  await t.close()
  expect(seen).toEqual(['shutdown', 'soft'])
})

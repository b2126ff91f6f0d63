// Attempts that must end: time limits and cancels, obeyed or ignored.
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { JobAborted, type JobContext } from '../job/context.ts'
import { defineJob } from '../job/definition.ts'
import { JobCancelled, JobFailed } from '../job/ended.ts'
import { aBench, eventually, type Bench } from '../waybill.fixture.ts'
import { Heartbeat } from './heartbeat.ts'
import { aWorker, Gate, untilAborted, withVerb } from './worker.fixture.ts'

const once = { attempts: 1 }
let gate = new Gate()
let seen: string[] = []

const note = (ctx: JobContext<unknown>) => {
  ctx.softSignal.addEventListener('abort', () => seen.push('soft'))
  ctx.signal.addEventListener('abort', () => {
    const { reason }: { reason: unknown } = ctx.signal
    seen.push(reason instanceof JobAborted ? reason.reason : 'no reason')
  })
}
const obedient = defineJob({
  type: 'obedient',
  retry: once,
  async run(ctx) {
    note(ctx)
    void gate.pass(ctx.job.id)
    await untilAborted(ctx.signal)
  },
})
const soft = defineJob({
  type: 'soft',
  timeout: '20s',
  softTimeout: '50ms',
  async run(ctx) {
    note(ctx)
    await untilAborted(ctx.softSignal).catch(() => {})
    return 'wound up'
  },
})
const deaf = defineJob({
  type: 'deaf',
  timeout: '300ms',
  retry: once,
  async run(ctx) {
    note(ctx)
    await gate.pass(ctx.job.id)
    ctx.progress(0.9)
    return 'too late'
  },
})
const deafForLong = defineJob({
  type: 'deaf-for-long',
  async run(ctx) {
    note(ctx)
    await gate.pass(ctx.job.id)
    return 'done all the same'
  },
})
const slow = defineJob({
  type: 'slow',
  timeout: '100ms',
  retry: { attempts: 2, backoff: '1ms', jitter: 0 },
  async run(ctx) {
    if (ctx.job.attempt === 1) await untilAborted(ctx.signal)
    return ctx.job.attempt
  },
})

const blocking = defineJob<'sync' | 'async', string>({
  type: 'blocking',
  timeout: '100ms',
  retry: once,
  run({ input }) {
    for (const end = performance.now() + 150; performance.now() < end; );
    return input === 'sync' ? 'too late' : Promise.resolve('too late')
  },
})

let bench: Bench
beforeEach(async () => {
  gate = new Gate()
  seen = []
  bench = await aBench({
    jobs: [obedient, soft, deaf, deafForLong, slow, blocking],
    concurrency: 1,
    shutdownGrace: '1s',
  })
  await bench.waybill.worker().start()
})
afterEach(async () => {
  gate.open()
  await bench.close()
})

async function failure(id: string): Promise<JobFailed['error']> {
  const error: unknown = await bench.waybill.result({ id }).catch((thrown: unknown) => thrown)
  if (error instanceof JobFailed) return error.error
  throw new Error('expected a failed job')
}

describe('time limits', () => {
  test('are spans: setting the machine’s date forward ends nothing', async () => {
    await bench.parts.upkeep.stop() // leases live by the engine's clock, which is the machine's
    const { id } = await bench.waybill.enqueue(deafForLong, null)
    await gate.arrivals(1)
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 3 * 3_600_000 })
    try {
      await new Promise((resolve) => setTimeout(resolve, 600)) // more than two ticks
      gate.open()
      expect(await bench.waybill.result({ id })).toBe('done all the same')
      expect(seen).toEqual([])
    } finally {
      vi.useRealTimers()
    }
  })

  test('at the soft limit a handler may wind up, and its job completes', async () => {
    expect(await bench.waybill.result(await bench.waybill.enqueue(soft, null))).toBe('wound up')
    expect(seen).toEqual(['soft'])
  })

  test.each(['sync', 'async'] as const)(
    'a handler (%s) that blocks past its hard limit has timed out, whatever it returns',
    async (how) => {
      const { id } = await bench.waybill.enqueue(blocking, how)
      expect(await failure(id)).toMatchObject({ code: 'timeout' })
      const { types, attempts, record } = await bench.history(id)
      expect(types).toEqual(['created', 'claimed', 'failed'])
      expect(attempts).toMatchObject([{ status: 'timed_out' }])
      expect(record.fails).toBe(1)
      await bench.waybill.result(await bench.waybill.enqueue(soft, null)) // its slot is free
    },
  )

  test('at the hard limit the job fails as timeout, and what the handler still brings is refused', async () => {
    const { id } = await bench.waybill.enqueue(deaf, null)
    expect(await failure(id)).toMatchObject({ code: 'timeout', internal: { message: 'no end after 300 ms' } })
    expect(seen).toContain('timeout')
    gate.open()
    expect(await bench.waybill.result(await bench.waybill.enqueue(soft, null))).toBe('wound up')
    const { record, attempts } = await bench.history(id)
    expect(record).toMatchObject({ status: 'failed', result: null, progress: null, fails: 1 })
    expect(attempts).toMatchObject([{ status: 'timed_out' }])
    expect(bench.said.filter((line) => line.includes('is dropped'))).toEqual([]) // it was not even sent
  })

  test('the slot of a handler that never ends is given to others, and that is said', async () => {
    const { id } = await bench.waybill.enqueue(deaf, null)
    const next = await bench.waybill.enqueue(soft, null)
    expect(await failure(id)).toMatchObject({ code: 'timeout' })
    expect(await bench.waybill.result(next)).toBe('wound up')
    expect(bench.said).toContainEqual(expect.stringContaining('its slot is given to others'))
  })

  test('a timeout is tried again like any error', async () => {
    const job = await bench.waybill.enqueue(slow, null)
    expect(await bench.waybill.result(job)).toBe(2)
    expect((await bench.history(job.id)).attempts.map(({ status }) => status)).toEqual(['timed_out', 'completed'])
  })
})

describe('cancels', () => {
  test('a cancel that comes while the store is slow to answer is found by the next look, one look at a time', async () => {
    await bench.waybill.enqueue(deafForLong, null) // keeps the only slot of the other worker
    await gate.arrivals(1)
    const { id } = await bench.waybill.enqueue(obedient, null, { queue: 'other' })
    const slow = Promise.withResolvers<void>()
    const first = Promise.withResolvers<void>()
    let looks = 0
    const slowly = withVerb(bench.engine, 'get', async (ids, include) => {
      looks++
      const found = await bench.engine.get(ids, include)
      first.resolve()
      await slow.promise
      return found
    })
    const worker = aWorker(bench, { engine: slowly, queues: ['other'], leaseMs: 600_000 })
    await worker.start()
    await first.promise
    await bench.waybill.cancel(id)
    await new Promise((resolve) => setTimeout(resolve, 300)) // many times the distance between two looks
    expect(looks).toBe(1)
    slow.resolve()
    await expect(bench.waybill.result({ id })).rejects.toBeInstanceOf(JobCancelled)
    await worker.stop()
  })

  test('a cancel reaches the running handler through its signal, and the job ends as cancelled', async () => {
    const { id } = await bench.waybill.enqueue(obedient, null)
    await gate.arrivals(1)
    expect((await bench.waybill.cancel(id, { reason: 'enough' })).status).toBe('processing')
    await expect(bench.waybill.result({ id })).rejects.toThrow(JobCancelled)
    expect(seen).toEqual(['cancel', 'soft'])
    expect((await bench.history(id)).record).toMatchObject({ cancelReason: 'enough', fails: 0 })
  })

  test('a handler that is done all the same completes: the work is done', async () => {
    const { id } = await bench.waybill.enqueue(deafForLong, null)
    await gate.arrivals(1)
    await bench.waybill.cancel(id)
    await eventually(bench.engine, () => seen.includes('cancel'))
    gate.open()
    expect(await bench.waybill.result({ id })).toBe('done all the same')
  })

  test('a handler that ignores its signal loses the lease after the grace, and its result is refused', async () => {
    const { id } = await bench.waybill.enqueue(deafForLong, null)
    await gate.arrivals(1)
    await bench.waybill.cancel(id, { grace: '100ms' })
    await expect(bench.waybill.result({ id })).rejects.toThrow(JobCancelled)
    gate.open()
    expect(await bench.waybill.result(await bench.waybill.enqueue(soft, null))).toBe('wound up')
    expect((await bench.history(id)).record).toMatchObject({ status: 'cancelled', result: null })
  })

  test('a forced cancel ends the job at once, and its handler is told that the lease is lost', async () => {
    const { id } = await bench.waybill.enqueue(obedient, null)
    await gate.arrivals(1)
    expect((await bench.waybill.cancel(id, { force: true })).status).toBe('cancelled')
    await eventually(bench.engine, () => seen.length > 0)
    expect(seen).toEqual(['lease_lost', 'soft'])
  })

  test('whatever becomes of an attempt, its claim counts it out once: else leases stay for ever, or neighbours lose theirs', async () => {
    const out = vi.spyOn(Heartbeat.prototype, 'ended')
    try {
      await failure((await bench.waybill.enqueue(deaf, null)).id)
      gate.open() // its late result comes now
      const taken = await bench.waybill.enqueue(obedient, null)
      await gate.arrivals(2)
      await bench.waybill.cancel(taken.id, { force: true })
      await bench.waybill.result(await bench.waybill.enqueue(soft, null)) // in the one slot, after both
      await bench.waybill.close()
      expect(out).toHaveBeenCalledTimes(3)
    } finally {
      out.mockRestore()
    }
  })

  test('an error that comes with a cancel counts as the cancel', async () => {
    const { id } = await bench.waybill.enqueue(obedient, null)
    await gate.arrivals(1)
    await Promise.all([bench.waybill.cancel(id), bench.waybill.cancel(id)])
    await expect(bench.waybill.result({ id })).rejects.toThrow(JobCancelled)
    expect((await bench.history(id)).types.at(-1)).toBe('cancelled')
  })
})

// What a worker makes of a handler: its result, its errors, its retries, and which jobs it takes in which order.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { NonRetryableError, UserError } from '../job/errors.ts'
import { defineJob } from '../job/definition.ts'
import type { JobFacts } from '../job/context.ts'
import { JobFailed } from '../job/ended.ts'
import type { Job } from '../waybill.ts'
import { aBench, eventually, type Bench } from '../waybill.fixture.ts'
import { aWorker, Gate } from './worker.fixture.ts'

const soon = { attempts: 3, backoff: '1ms', factor: 1, jitter: 0 }

let gate = new Gate()
let facts: JobFacts | null = null

const echo = defineJob({ type: 'echo', run: (ctx) => ctx.input })
const later = defineJob({ type: 'later', run: async (ctx) => ((facts = ctx.job), ctx.input) })
const held = defineJob({ type: 'held', run: (ctx) => gate.pass(ctx.job.id) })
const typed = defineJob({
  type: 'typed',
  output: z.object({ url: z.string() }),
  retry: { attempts: 1 },
  run(ctx) {
    const result: { url: string } = JSON.parse(String(ctx.input))
    return result
  },
})
const flaky = defineJob<{ fails: number }, number>({
  type: 'flaky',
  retry: soon,
  run(ctx) {
    if (ctx.job.attempt <= ctx.input.fails) throw new Error(`secret of attempt ${ctx.job.attempt}`)
    return ctx.job.attempt
  },
})
const thrower = defineJob<string>({
  type: 'thrower',
  retry: soon,
  async run({ input }) {
    if (input === 'user') throw new UserError('no_scenes', 'The script has no\u0007 scenes.')
    if (input === 'again') throw new UserError('busy', 'Busy.', { retryable: true })
    if (input === 'never') throw new NonRetryableError('secret')
    throw Object.assign(new Error('secret'), { name: 'TypeError' })
  },
})
// What some libraries return: no Promise, but it can be awaited.
const thenable = defineJob<null, unknown>({
  type: 'thenable',
  // oxlint-disable-next-line unicorn/no-thenable -- it is what this test is about
  run: () => ({ then: (resolve: (value: unknown) => void) => resolve('in the end') }),
})
const cycle: { self?: unknown } = {}
cycle.self = cycle
const odd = defineJob<string, unknown>({
  type: 'odd',
  retry: soon,
  run: ({ input }) =>
    ({ big: 'x'.repeat(262_143), bigint: { n: 1n }, nul: 'a\0b', nothing: undefined, cycle, function: { f() {} } })[
      input
    ],
})

let bench: Bench
beforeEach(async () => {
  gate = new Gate()
  facts = null
  bench = await aBench({ jobs: [echo, later, held, typed, flaky, thrower, thenable, odd], concurrency: 4 })
})
afterEach(async () => {
  gate.open()
  await bench.close()
})

const work = async () => bench.waybill.worker().start()
async function failure(job: Pick<Job<unknown>, 'id'>): Promise<JobFailed> {
  const error: unknown = await bench.waybill.result(job).then(
    () => null,
    (thrown: unknown) => thrown,
  )
  if (error instanceof JobFailed) return error
  throw new Error(`expected a failed job, got ${String(error)}`)
}

describe('results', () => {
  beforeEach(work)

  test.each([[null], [0], ['ÿ😀'], [{ deep: [{ list: [1, 2.5, true, null] }] }]])(
    '%j is kept as it is',
    async (value) => {
      expect(await bench.waybill.result(await bench.waybill.enqueue(echo, value))).toEqual(value)
      expect(await bench.waybill.result(await bench.waybill.enqueue(later, value))).toEqual(value)
    },
  )

  test('a completed job has progress 1, an end time and one attempt', async () => {
    const job = await bench.waybill.enqueue(echo, 1)
    await bench.waybill.result(job)
    const { record, types, attempts } = await bench.history(job.id)
    expect(record).toMatchObject({ status: 'completed', progress: 1, attempt: 1, fails: 0, losses: 0, rev: 3 })
    expect(types).toEqual(['created', 'claimed', 'completed'])
    expect(attempts).toMatchObject([{ n: 1, status: 'completed' }])
  })

  test('a handler sees the facts of its job', async () => {
    const options = { userId: 'ann', subject: 'script:1', tags: ['a'], metadata: { k: 1 } }
    const job = await bench.waybill.enqueue(later, 1, options)
    await bench.waybill.result(job)
    expect(facts).toMatchObject({ ...options, id: job.id, type: 'later', queue: 'default', attempt: 1, maxAttempts: 3 })
  })

  test('whatever can be awaited is awaited', async () => {
    expect(await bench.waybill.result(await bench.waybill.enqueue(thenable, null))).toBe('in the end')
  })

  test('nothing returned is null', async () => {
    expect(await bench.waybill.result(await bench.waybill.enqueue(odd, 'nothing'))).toBeNull()
  })

  test('a result over 256 KiB ends the job, since another attempt would return as much', async () => {
    const { error, jobId } = await failure(await bench.waybill.enqueue(odd, 'big'))
    expect(error).toMatchObject({ code: 'result_too_large', message: 'The result of the job is too large to keep.' })
    expect(error?.internal?.message).toContain('262145 bytes, the limit is 262144')
    expect((await bench.history(jobId)).record.fails).toBe(1)
  })

  test.each(['bigint', 'nul', 'cycle', 'function'])(
    'a result that JSON cannot carry (%s) is an error that no other attempt would mend',
    async (kind) => {
      const { error, jobId } = await failure(await bench.waybill.enqueue(odd, kind))
      expect(error?.retryable).toBe(false)
      expect(error?.internal?.message).toContain('job "odd": its result cannot be kept as JSON')
      expect((await bench.history(jobId)).record.fails).toBe(1)
    },
  )

  test('a result must fit the output schema, which says where it does not', async () => {
    expect(await bench.waybill.result(await bench.waybill.enqueue(typed, '{"url":"u","more":1}'))).toEqual({ url: 'u' })
    const { error } = await failure(await bench.waybill.enqueue(typed, '{"url":1}'))
    expect(error).toMatchObject({ code: 'job_error', message: 'The job failed.' })
    expect(error?.internal?.message).toContain('does not fit its output schema: /url')
  })
})

describe('errors', () => {
  beforeEach(work)

  test('an error is tried again after its backoff, each attempt with its own number', async () => {
    const job = await bench.waybill.enqueue(flaky, { fails: 2 })
    expect(await bench.waybill.result(job)).toBe(3)
    const { record, attempts, types } = await bench.history(job.id)
    expect(record).toMatchObject({ attempt: 3, fails: 2, losses: 0, error: null })
    expect(attempts.map(({ n, status }) => [n, status])).toEqual([
      [1, 'failed'],
      [2, 'failed'],
      [3, 'completed'],
    ])
    expect(types.filter((type) => type === 'due')).toHaveLength(2)
  })

  test('attempts used up: failed, and the owner sees no word of the error', async () => {
    const { error, jobId } = await failure(await bench.waybill.enqueue(flaky, { fails: 9 }))
    const { record } = await bench.history(jobId)
    expect(record).toMatchObject({ attempt: 3, fails: 3, status: 'failed' })
    expect(error).toMatchObject({ code: 'job_error', message: 'The job failed.', retryable: true })
    expect(error?.internal).toMatchObject({ name: 'Error', message: 'secret of attempt 3' })
    expect(error?.ref).toMatch(/^err_/)
  })

  test('a UserError is shown as it is, without control characters, and not tried again', async () => {
    const { error, jobId } = await failure(await bench.waybill.enqueue(thrower, 'user'))
    expect(error).toMatchObject({ code: 'no_scenes', message: 'The script has no  scenes.' })
    expect((await bench.history(jobId)).record.attempt).toBe(1)
  })

  test('a UserError that says so is tried again', async () => {
    const { error, jobId } = await failure(await bench.waybill.enqueue(thrower, 'again'))
    expect(error?.code).toBe('busy')
    expect((await bench.history(jobId)).record.attempt).toBe(3)
  })

  test('a NonRetryableError ends the job and stays hidden', async () => {
    const { error, jobId } = await failure(await bench.waybill.enqueue(thrower, 'never'))
    expect(error).toMatchObject({ code: 'job_error', message: 'The job failed.', internal: { message: 'secret' } })
    expect((await bench.history(jobId)).record.attempt).toBe(1)
  })

  test('a failed job can be retried by hand, with an input that works', async () => {
    const { jobId } = await failure(await bench.waybill.enqueue(flaky, { fails: 9 }))
    await bench.waybill.retry(jobId, { input: { fails: 0 } })
    expect(await bench.waybill.result({ id: jobId })).toBe(1)
  })
})

describe('which jobs a worker takes', () => {
  test('higher priorities first, older ones first within one', async () => {
    const order = ['low', 'default', 'high', 'low', 'default', 'high']
    for (const [i, priority] of order.entries())
      await bench.waybill.enqueue(held, null, { id: `${priority}${i}`, priority })
    gate.open()
    await bench.waybill.worker({ concurrency: 1 }).start()
    expect(await gate.arrivals(6)).toEqual(['high2', 'high5', 'default1', 'default4', 'low0', 'low3'])
  })

  test('only from the queues it serves', async () => {
    await bench.waybill.enqueue(held, null, { id: 'b', queue: 'b' })
    await bench.waybill.enqueue(held, null, { id: 'a', queue: 'a' })
    gate.open()
    await bench.waybill.worker({ queues: ['a'] }).start()
    await bench.waybill.result({ id: 'a' })
    expect((await bench.history('b')).record.status).toBe('pending')
    await bench.waybill.worker({ queues: ['b'] }).start()
    await bench.waybill.result({ id: 'b' })
  })

  test('never more at once than its concurrency', async () => {
    const worker = bench.waybill.worker({ concurrency: 3 })
    await worker.start()
    await bench.waybill.enqueueMany(held, Array.from({ length: 10 }))
    await gate.arrivals(3)
    await eventually(bench.engine, async () => (await bench.engine.count({})).processing >= 3)
    expect(worker.active).toBe(3)
    expect(gate.came).toHaveLength(3)
    gate.open()
    await gate.arrivals(10)
  })

  test('long jobs are never hoarded: a second, idle worker gets those that one has no slot for', async () => {
    await bench.waybill.enqueueMany(held, Array.from({ length: 8 }))
    const [one, two] = [bench.waybill.worker({ concurrency: 4 }), bench.waybill.worker({ concurrency: 4 })]
    await one.start()
    await gate.arrivals(4)
    await two.start()
    await gate.arrivals(8)
    expect([one.active, two.active]).toEqual([4, 4])
  })

  test('what was fetched ahead behind short jobs goes back when long ones fill the slots', async () => {
    await bench.waybill.enqueueMany(echo, Array.from({ length: 3_000 }))
    const long = await bench.waybill.enqueueMany(held, Array.from({ length: 60 }))
    await bench.waybill.worker({ concurrency: 4 }).start()
    await gate.arrivals(4)
    await bench.waybill.worker({ concurrency: 56 }).start()
    await gate.arrivals(60)
    const { record } = await bench.history(long[59]?.id ?? '')
    expect(record).toMatchObject({ attempt: 1, losses: 0, fails: 0 })
  })

  test('a type that a worker does not know goes back uncharged, for a while, and is said aloud', async () => {
    const worker = aWorker(bench, { jobs: new Map() })
    await worker.start()
    const { id } = await bench.waybill.enqueue(typed, '{"url":"u"}')
    await eventually(bench.engine, async () => (await bench.history(id)).record.status === 'scheduled')
    await worker.stop()
    const { record, timeline } = await bench.history(id)
    expect(record).toMatchObject({ attempt: 0, fails: 0, losses: 0, waitReason: 'delay' })
    expect(record.runAt - record.updatedAt).toBe(60_000)
    expect(timeline.at(-1)?.data['reason']).toBe('worker test has no handler for type "typed"')
    expect(bench.said).toContainEqual(expect.stringContaining('no handler for a job it was given'))
  })
})

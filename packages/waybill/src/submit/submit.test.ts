// Submitting: what is refused and how it is said, what is kept, and that nothing is stored of what was refused.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { defineJob } from '../job/definition.ts'
import { aBench, refusal, type Bench } from '../waybill.fixture.ts'
import type { SubmitRequest } from './request.ts'

const plain = defineJob({ type: 'plain', run: () => null })
const strict = defineJob({
  type: 'video.generate',
  queue: 'videos',
  priority: 'high',
  input: z.object({ script: z.string(), scenes: z.array(z.object({ text: z.string() })) }),
  run: () => null,
})
const shaped = defineJob({
  type: 'shaped',
  input: z.object({ n: z.coerce.number().default(7) }).refine(async () => true),
  run: () => null,
})

let bench: Bench
beforeEach(async () => {
  bench = await aBench({ jobs: [plain, strict, shaped], maxPending: 1_500 })
})
afterEach(() => bench.close())

const request = (more: Partial<SubmitRequest> = {}): SubmitRequest => ({
  type: 'plain',
  input: null,
  userId: 'ann',
  ...more,
})
const submit = (more: Partial<SubmitRequest> = {}) => bench.parts.submit.submit(request(more))
const stored = async () => {
  const counts = await bench.engine.count({})
  return counts.pending + counts.scheduled
}

describe('what is refused, with nothing stored', () => {
  afterEach(async () => {
    if ((await stored()) > 0) throw new Error('something was stored')
  })

  test('an unknown type names the nearest one', async () => {
    const error = await refusal(submit({ type: 'video.genrate' }), 'unknown_type')
    expect(error.message).toContain('Did you mean "video.generate"?')
  })

  test('an input that does not fit its schema is told place by place', async () => {
    const error = await refusal(
      submit({ type: 'video.generate', input: { script: 1, scenes: [{ text: 'a' }, {}] } }),
      'invalid_input',
    )
    expect(error.errors.map(({ pointer }) => pointer)).toEqual(['/input/script', '/input/scenes/1/text'])
  })

  test('an input over 256 KiB says its size and what to do instead', async () => {
    const error = await refusal(submit({ input: 'é'.repeat(131_073) }), 'too_large')
    expect(error.message).toBe(
      'job "plain": the input has 262148 bytes, the limit is 262144; upload the file and send its address',
    )
  })

  test('metadata over 4 KiB are refused', async () => {
    const error = await refusal(submit({ metadata: { note: 'x'.repeat(4_096) } }), 'too_large')
    expect(error.errors[0]?.pointer).toBe('/metadata')
  })

  const hostile: [string, Partial<SubmitRequest>, string][] = [
    ['a __proto__ key', { input: JSON.parse('{"a":{"__proto__":{}}}') }, '/input/a/__proto__'],
    ['a constructor key', { input: { constructor: 1 } }, '/input/constructor'],
    ['a NUL character', { input: ['a\0b'] }, '/input/0'],
    ['half a surrogate pair', { input: { text: '\ud800' } }, '/input/text'],
    ['half a surrogate pair in a key', { input: { '\udc00': 1 } }, '/input/\udc00'],
    ['a number that is none', { input: { n: Number.NaN } }, '/input/n'],
    ['what JSON cannot carry', { input: { n: 10n } }, '/input/n'],
    ['a NUL in the metadata', { metadata: { note: '\0' } }, '/metadata/note'],
    ['a NUL in the title', { title: '\0' }, '/title'],
    ['a lone surrogate in the owner', { userId: '\ud800' }, '/user_id'],
    ['a NUL in a tag', { tags: ['a', '\0'] }, '/tags/1'],
    ['twenty-one tags', { tags: Array.from({ length: 21 }, String) }, '/tags'],
    ['a subject of 201 characters', { subject: 'x'.repeat(201) }, '/subject'],
    ['an id with a slash', { jobId: 'a/b' }, '/job_id'],
    ['an id of 65 characters', { jobId: 'x'.repeat(65) }, '/job_id'],
    ['a queue with a space', { queue: 'a b' }, '/queue'],
    ['priority 11', { priority: 11 }, '/priority'],
    ['priority 2.5', { priority: 2.5 }, '/priority'],
    ['priority urgent', { priority: 'urgent' }, '/priority'],
    ['a negative delay', { delayMs: -1 }, '/delay_ms'],
    ['a delay that is no number', { delayMs: Number.NaN }, '/delay_ms'],
    ['a delay and a time', { delayMs: 1, runAt: 1 }, '/run_at'],
    ['a time that is none', { runAt: Number.NaN }, '/run_at'],
    ['a time in eleven years', { runAt: Date.now() + 11 * 366 * 86_400_000 }, '/run_at'],
    ['a start_by that is none', { startBy: Number.NaN }, '/start_by'],
    ['a timeout of nothing', { timeoutMs: 0 }, '/timeout_ms'],
    ['a soft timeout past the hard one', { timeoutMs: 10, softTimeoutMs: 10 }, '/soft_timeout_ms'],
    ['a hundred and one attempts', { retry: { maxAttempts: 101 } }, '/retry/max_attempts'],
    ['an idempotency key with a NUL', { idempotency: { key: '\0', scope: 's' } }, '/idempotency_key'],
  ]
  test.each(hostile)('%s is refused with a pointer to it', async (_, more, pointer) => {
    expect((await refusal(submit(more), 'bad_request')).errors.map((error) => error.pointer)).toEqual([pointer])
  })

  test('nesting deeper than 64 levels is refused, however deep', async () => {
    const deep = JSON.parse(`${'['.repeat(5_000)}${']'.repeat(5_000)}`)
    expect((await refusal(submit({ input: deep }), 'bad_request')).message).toContain('nested deeper than 64 levels')
  })

  test('one bad job of an atomic batch keeps all of it out', async () => {
    const answers = await bench.parts.submit.submitMany(
      [request(), request({ type: 'none' }), request({ jobId: 'mine' })],
      { atomic: true },
    )
    expect(answers).toMatchObject([{ code: 'bad_request' }, { code: 'unknown_type' }, { code: 'bad_request' }])
    await refusal(
      bench.waybill.enqueueMany(strict, [
        { script: 's', scenes: [] },
        { script: 's', scenes: [{ text: JSON.parse('1') }] },
      ]),
      'invalid_input',
    )
  })
})

describe('what is kept', () => {
  test('an input with every kind of JSON comes back as it was', async () => {
    const input = { n: 1.5, s: 'ÿ😀', list: [null, true, {}], 'key with / and ~': '' }
    const { record } = await submit({ input })
    const [found] = await bench.engine.get([record.id], { input: true })
    expect(found).toMatchObject({ record: { input, status: 'pending', rev: 1, userId: 'ann' } })
  })

  test('a schema may shape the input and take its time', async () => {
    const { record } = await submit({ type: 'shaped', input: {} })
    const [found] = await bench.engine.get([record.id], { input: true })
    expect(found).toMatchObject({ record: { input: { n: 7 } } })
  })

  test('what the caller does not say comes from the type, then from the settings', async () => {
    const made = await bench.waybill.enqueue(strict, { script: 's', scenes: [] }, { timeout: '12s' })
    expect(made).toMatchObject({ queue: 'videos', priority: 10 })
    expect(made.policy).toMatchObject({ timeoutMs: 12_000, softTimeoutMs: 10_000, retry: { maxAttempts: 3 } })
  })

  test('a first wait longer than the longest by default is kept: the longest gives way', async () => {
    const backoffMs = 2 * 3_600_000
    const { record } = await submit({ retry: { backoffMs } })
    expect(record.policy.retry).toMatchObject({ backoffMs, maxMs: backoffMs })
    const capped = await submit({ retry: { backoffMs: 1_000 } })
    expect(capped.record.policy.retry.maxMs).toBe(3_600_000)
  })

  test('low, default and high are 1, 5 and 10', async () => {
    const made = await Promise.all(['low', 'default', 'high'].map((priority) => submit({ priority })))
    expect(made.map(({ record }) => record.priority)).toEqual([1, 5, 10])
  })

  test('a delay and a time to come make a scheduled job, a time that has passed a pending one', async () => {
    const made = await Promise.all([
      submit({ delayMs: 60_000 }),
      submit({ runAt: Date.now() + 60_000 }),
      submit({ runAt: Date.now() - 60_000 }),
    ])
    expect(made.map(({ record }) => record.status)).toEqual(['scheduled', 'scheduled', 'pending'])
    const [delayed, timed] = made
    expect(delayed?.record.waitReason).toBe('delay')
    expect(Math.abs((timed?.record.runAt ?? 0) - (delayed?.record.runAt ?? 0))).toBeLessThan(5_000)
  })

  test('enqueue refuses an option it does not know, with the nearest one', async () => {
    const wrong: object = { prioriy: 1 }
    await expect(bench.waybill.enqueue(plain, null, wrong)).rejects.toThrow(/unknown option "prioriy".*"priority"/)
  })

  test('a batch that is not atomic keeps what is sound and answers in order', async () => {
    await submit({ jobId: 'taken' })
    const answers = await bench.parts.submit.submitMany([
      request({ jobId: 'new' }),
      request({ jobId: 'taken' }),
      request({ priority: 99 }),
    ])
    expect(answers).toMatchObject([{ record: { id: 'new' } }, { code: 'job_id_conflict' }, { code: 'bad_request' }])
    expect(await stored()).toBe(2)
  })
})

describe('ids of the caller’s own', () => {
  test('the same id twice is a conflict that says what to do', async () => {
    await submit({ jobId: 'my_job-1' })
    const error = await refusal(submit({ jobId: 'my_job-1' }), 'job_id_conflict')
    expect(error.message).toContain('leave job_id out')
    expect(await stored()).toBe(1)
  })

  test('a hundred submits of one id at once make one job', async () => {
    const answers = await Promise.allSettled(Array.from({ length: 100 }, () => submit({ jobId: 'one' })))
    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect(await stored()).toBe(1)
  })
})

describe('idempotency keys', () => {
  const key = { key: 'k', scope: 'user ann' }

  test('the same request again answers the same job, as it is now', async () => {
    const first = await submit({ input: { a: 1, b: 2 }, idempotency: key })
    await bench.waybill.cancel(first.record.id)
    const again = await submit({ input: { a: 1, b: 2 }, idempotency: key })
    expect(again).toMatchObject({ replayed: true, record: { id: first.record.id, status: 'cancelled' } })
    expect(first.replayed).toBe(false)
  })

  test.each<[string, Partial<SubmitRequest>]>([
    ['input', { input: 2 }],
    ['priority', { priority: 9 }],
    ['owner', { userId: 'bob' }],
    ['metadata', { metadata: { a: 1 } }],
    ['retry', { retry: { maxAttempts: 9 } }],
    ['delay', { delayMs: 1_000 }],
  ])('another %s under the same key is refused', async (_, more) => {
    await submit({ input: 1, idempotency: key })
    await refusal(submit({ input: 1, idempotency: key, ...more }), 'idempotency_key_reused')
    expect(await stored()).toBe(1)
  })

  test('the trace of a request is no part of it', async () => {
    await submit({ idempotency: key, traceparent: 'one' })
    expect(await submit({ idempotency: key, traceparent: 'two' })).toMatchObject({ replayed: true })
  })

  test('1,000 submits at once with one key make exactly one job', async () => {
    const answers = await Promise.all(Array.from({ length: 1_000 }, () => submit({ idempotency: key })))
    expect(new Set(answers.map(({ record }) => record.id)).size).toBe(1)
    expect(answers.filter(({ replayed }) => !replayed)).toHaveLength(1)
    expect(await stored()).toBe(1)
  })

  test('equal keys of two users never meet, even when owner and key join to the same text', async () => {
    const made = [
      await bench.waybill.enqueue(plain, null, { userId: 'ann', idempotencyKey: 'k' }),
      await bench.waybill.enqueue(plain, null, { userId: 'bob', idempotencyKey: 'k' }),
      await bench.waybill.enqueue(plain, null, { userId: 'a b', idempotencyKey: 'c' }),
      await bench.waybill.enqueue(plain, null, { userId: 'a', idempotencyKey: 'b c' }),
      await bench.waybill.enqueue(plain, null, { idempotencyKey: 'k' }),
    ]
    expect(new Set(made.map(({ id }) => id)).size).toBe(5)
  })
})

describe('a full queue', () => {
  test('refuses with the time to wait, while other queues go on', async () => {
    await bench.waybill.enqueueMany(plain, Array.from({ length: 1_500 }))
    const error = await refusal(submit(), 'queue_full')
    expect(error).toMatchObject({ status: 503, retryAfter: 5 })
    expect(error.message).toContain('holds 1500 waiting jobs, the limit is 1500')
    await submit({ queue: 'other' })
  })

  test('an atomic batch that does not fit is not stored in part', async () => {
    await refusal(bench.waybill.enqueueMany(plain, Array.from({ length: 1_501 })), 'queue_full')
    expect(await stored()).toBe(0)
  })

  test('a replay is answered even then', async () => {
    const once = { key: 'k', scope: 's' }
    await submit({ idempotency: once })
    await bench.waybill.enqueueMany(plain, Array.from({ length: 1_499 }))
    expect(await submit({ idempotency: once })).toMatchObject({ replayed: true })
  })
})

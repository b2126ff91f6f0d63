// Reused results and debounce: an earlier job answers instead of a new one.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { aClaim } from '../engine/jobs.fixture.ts'
import { completed, failed } from '../job/decide.ts'
import { defineJob } from '../job/definition.ts'
import { systemError } from '../job/errors.ts'
import { aBench, refusal, type Bench } from '../waybill.fixture.ts'
import type { DebounceWish, SubmitRequest } from './request.ts'

const plain = defineJob({ type: 'plain', run: () => null })
const other = defineJob({ type: 'other', run: () => null })
const single = defineJob({ type: 'single', unique: { key: () => 'k' }, run: () => null })

let bench: Bench
beforeEach(async () => {
  bench = await aBench({ jobs: [plain, other, single] })
})
afterEach(() => bench.close())

const request = (more: Partial<SubmitRequest> = {}): SubmitRequest => ({
  type: 'plain',
  input: null,
  userId: 'ann',
  ...more,
})
const submit = (more: Partial<SubmitRequest> = {}) => bench.parts.submit.submit(request(more))
const stored = async () => (await bench.engine.list({ filter: {}, limit: 100 })).records

async function end(how: 'completed' | 'failed' = 'completed'): Promise<void> {
  const { jobs, fence } = await bench.engine.claim(aClaim())
  const error = systemError('job_error', 'err_1')
  await bench.engine.apply(
    jobs.map(({ record }) =>
      how === 'completed' ? completed(record, fence, { n: 1 }) : failed(record, fence, error, () => 0, 'never'),
    ),
  )
}

describe('a result is reused', () => {
  const hour = { maxAgeMs: 3_600_000 }
  const ask = (more: Partial<SubmitRequest> = {}) => submit({ input: { a: 1, b: [2] }, reuseResult: hour, ...more })

  test('when a job of the same type, owner and input has completed, however its members are ordered', async () => {
    const first = await ask()
    await end()
    const second = await ask({ input: { b: [2], a: 1 } })
    expect(second).toMatchObject({ record: { id: first.record.id, result: { n: 1 } }, instead: 'reused' })
    expect(await stored()).toHaveLength(1)
  })

  test('not that of another type, owner or input', async () => {
    await ask()
    await end()
    for (const more of [{ type: 'other' }, { userId: 'bob' }, { userId: null }, { input: { a: 1, b: [3] } }])
      expect((await ask(more)).instead).toBeUndefined()
  })

  test('not one that is too old, and the newer one is reused from then on', async () => {
    const first = await ask()
    await end()
    await expect.poll(() => bench.engine.now()).toBeGreaterThan(first.record.createdAt + 5)
    const second = await ask({ reuseResult: { maxAgeMs: 1 } })
    expect(second.instead).toBeUndefined()
    await end()
    expect((await ask()).record.id).toBe(second.record.id)
  })

  test('not a failed one', async () => {
    await ask()
    await end('failed')
    expect((await ask()).instead).toBeUndefined()
  })

  test('while one runs the next is stored too; with a unique key it is answered the one that runs', async () => {
    const first = await ask()
    expect((await ask()).instead).toBeUndefined()
    await end()
    expect((await ask()).record.id).toBe(first.record.id)
    const unique = { key: 'k' }
    const joined = await ask({ input: 'x', unique })
    expect(await ask({ input: 'x', unique })).toMatchObject({
      record: { id: joined.record.id },
      instead: 'deduplicated',
    })
    await end()
    expect(await ask({ input: 'x', unique })).toMatchObject({ record: { id: joined.record.id }, instead: 'reused' })
  })

  test('by enqueue, with a duration', async () => {
    const first = await bench.waybill.enqueue(plain, 1, { reuseResult: '1h' })
    await end()
    expect(await bench.waybill.enqueue(plain, 1, { reuseResult: '1h' })).toMatchObject({
      id: first.id,
      result: { n: 1 },
    })
  })
})

describe('debounce', () => {
  const ask = (input: unknown, debounce: Partial<DebounceWish> = {}, more: Partial<SubmitRequest> = {}) =>
    submit({ input, debounce: { key: 'k', waitMs: 60_000, ...debounce }, ...more })

  test('the last input runs, once, after a wait that begins anew', async () => {
    const first = await ask(1)
    expect(first.record).toMatchObject({ status: 'scheduled', waitReason: 'delay' })
    const second = await ask(2, { waitMs: 90_000 })
    expect(second).toMatchObject({
      record: { id: first.record.id, status: 'scheduled', rev: 2 },
      instead: 'deduplicated',
    })
    expect(second.record.runAt).toBeGreaterThan(first.record.runAt + 29_000)
    const [found] = await bench.engine.get([first.record.id], { input: true })
    expect(found).toMatchObject({ record: { input: 2 } })
    expect((await bench.history(first.record.id)).types).toEqual(['created', 'debounced'])
    expect(await stored()).toHaveLength(1)
  })

  test('at most `max` after the first: then it is due with the last input', async () => {
    const first = await ask(1, { waitMs: 1, maxMs: 1 })
    await expect.poll(() => bench.engine.now()).toBeGreaterThan(first.record.createdAt + 1)
    const second = await ask(2, { waitMs: 1, maxMs: 1 })
    expect(second.record).toMatchObject({ id: first.record.id, status: 'pending' })
    const { jobs } = await bench.engine.claim(aClaim())
    expect(jobs.map(({ inputJson }) => inputJson)).toEqual(['2'])
  })

  test('once it may run, the next input is another job', async () => {
    const first = await ask(1, { waitMs: 1 })
    await expect.poll(() => bench.engine.now()).toBeGreaterThan(first.record.createdAt + 1)
    await ask(1, { waitMs: 1, maxMs: 1 })
    const next = await ask(2)
    expect(next.record.id).not.toBe(first.record.id)
    expect((await ask(3)).record.id).toBe(next.record.id)
  })

  test('of fifty at once one is stored, and keeps one of their inputs', async () => {
    const answers = await Promise.all(Array.from({ length: 50 }, (_, n) => ask(n)))
    expect(new Set(answers.map(({ record }) => record.id)).size).toBe(1)
    expect((await stored())[0]).toMatchObject({ status: 'scheduled' })
  })

  test('other keys, owners and types are apart', async () => {
    await ask(1)
    expect((await ask(1, { key: 'l' })).instead).toBeUndefined()
    expect((await ask(1, {}, { userId: 'bob' })).instead).toBeUndefined()
    expect((await ask(1, {}, { type: 'other' })).instead).toBeUndefined()
  })
})

describe('what is refused, with nothing stored', () => {
  const debounce = { key: 'k', waitMs: 10 }
  test.each<[string, Partial<SubmitRequest>]>([
    ['/reuse_result/max_age_ms', { reuseResult: { maxAgeMs: 0 } }],
    ['/debounce/wait_ms', { debounce: { key: 'k', waitMs: -1 } }],
    ['/debounce/max_ms', { debounce: { ...debounce, maxMs: 5 } }],
    ['/debounce/key', { debounce: { ...debounce, key: '' } }],
    ['/debounce', { debounce, delayMs: 5 }],
    ['/debounce', { debounce, unique: { key: 'k' } }],
    ['/debounce', { debounce, reuseResult: { maxAgeMs: 1 } }],
    ['/debounce', { debounce, type: 'single' }],
  ])('%s: %o', async (pointer, more) => {
    const error = await refusal(submit(more), 'bad_request')
    expect(error.errors.map((one) => one.pointer)).toEqual([pointer])
    expect(await stored()).toEqual([])
  })

  test('all or none, and inside of a transaction', async () => {
    const [answer] = await bench.parts.submit.submitMany([request({ debounce })], { atomic: true })
    expect(answer).toMatchObject({ code: 'bad_request' })
    await refusal(bench.parts.submit.submit(request({ reuseResult: { maxAgeMs: 1 } }), {}), 'bad_request')
    expect(await stored()).toEqual([])
  })
})

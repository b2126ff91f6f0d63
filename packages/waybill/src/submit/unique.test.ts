// Unique jobs: one active job a key, what the second one is answered, and when the key is free again.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { aClaim } from '../engine/jobs.fixture.ts'
import { completed } from '../job/decide.ts'
import { createWaybill } from '../index.ts'
import { defineJob } from '../job/definition.ts'
import { silentLogger } from '../lib/log.ts'
import { aBench, refusal, type Bench } from '../waybill.fixture.ts'
import type { SubmitRequest, UniqueWish } from './request.ts'

const plain = defineJob({ type: 'plain', run: () => null })
const scripted = defineJob<{ scriptId: string }, null>({
  type: 'scripted',
  unique: { key: (input, { userId }) => `${userId}/${input.scriptId}`, onConflict: 'reject' },
  run: () => null,
})

let bench: Bench
beforeEach(async () => {
  bench = await aBench({ jobs: [plain, scripted] })
})
afterEach(() => bench.close())

const request = (unique: Partial<UniqueWish>, more: Partial<SubmitRequest> = {}): SubmitRequest => ({
  type: 'plain',
  input: null,
  userId: 'ann',
  unique: { key: 'k', ...unique },
  ...more,
})
const submit = (unique: Partial<UniqueWish> = {}, more: Partial<SubmitRequest> = {}) =>
  bench.parts.submit.submit(request(unique, more))
const claim = () => bench.engine.claim(aClaim())
const stored = async () => (await bench.engine.list({ filter: {}, limit: 100 })).records

async function endAll(): Promise<void> {
  const { jobs, fence } = await claim()
  await bench.engine.apply(jobs.map(({ record }) => completed(record, fence, null)))
}

describe('while a job of the key is active', () => {
  test('the next one is answered the job that exists', async () => {
    const { record } = await submit()
    expect(await submit()).toMatchObject({
      record: { id: record.id, rev: 1 },
      replayed: false,
      instead: 'deduplicated',
    })
    await claim()
    expect(await submit()).toMatchObject({ record: { id: record.id, status: 'processing' }, instead: 'deduplicated' })
    expect(await stored()).toHaveLength(1)
  })

  test('reject refuses, and names the job that is in the way', async () => {
    const { record } = await submit()
    const error = await refusal(submit({ onConflict: 'reject' }), 'unique_conflict')
    expect(error.status).toBe(409)
    expect(error.message).toContain(record.id)
  })

  test('replace cancels one that waits, and stores the new one', async () => {
    const first = await submit()
    const second = await submit({ onConflict: 'replace' })
    expect(second.instead).toBeUndefined()
    expect((await bench.history(first.record.id)).record).toMatchObject({
      status: 'cancelled',
      cancelReason: 'replaced by a newer job of the same unique key',
    })
    expect((await submit()).record.id).toBe(second.record.id)
  })

  test('replace asks one that runs to stop, and stores the new one at once', async () => {
    const first = await submit()
    await claim()
    const second = await submit({ onConflict: 'replace' })
    const { record } = await bench.history(first.record.id)
    expect(record).toMatchObject({ status: 'processing', cancelRequestedAt: expect.any(Number) })
    expect(second.record).toMatchObject({ status: 'pending', rev: 1 })
    await endAll()
    expect((await submit()).instead).toBeUndefined()
  })
})

test('the key is free once its job has ended', async () => {
  const first = await submit()
  await endAll()
  expect((await submit()).record.id).not.toBe(first.record.id)
})

test('until: the key is had for its time, also after the end, and then is free', async () => {
  const first = await submit({ scope: 'until', forMs: 200 })
  await endAll()
  expect((await submit({ scope: 'until', forMs: 200 })).record).toMatchObject({
    id: first.record.id,
    status: 'completed',
  })
  const free = first.record.createdAt + 200
  await expect.poll(() => bench.engine.now()).toBeGreaterThanOrEqual(free)
  expect((await submit({ scope: 'until', forMs: 200 })).instead).toBeUndefined()
})

test('keys of other owners and other types are other keys', async () => {
  await submit()
  expect((await submit({}, { userId: 'bob' })).instead).toBeUndefined()
  expect((await submit({}, { userId: null })).instead).toBeUndefined()
  expect((await submit({}, { type: 'scripted', input: { scriptId: 'a' } })).instead).toBeUndefined()
  expect(await stored()).toHaveLength(4)
})

test('a type makes the key of the input', async () => {
  const first = await bench.waybill.enqueue(scripted, { scriptId: 'a' }, { userId: 'ann' })
  const error = await refusal(bench.waybill.enqueue(scripted, { scriptId: 'a' }, { userId: 'ann' }), 'unique_conflict')
  expect(error.message).toContain('ann/a')
  await bench.waybill.enqueue(scripted, { scriptId: 'b' }, { userId: 'ann' })
  const options = { userId: 'ann', unique: { key: 'ann/a', onConflict: 'return' } } as const
  expect((await bench.waybill.enqueue(scripted, { scriptId: 'a' }, options)).id).toBe(first.id)
})

test('of a hundred submits at once, from two processes, one is stored', async () => {
  const other = createWaybill({ engine: bench.url, jobs: [plain], logger: silentLogger })
  const submits = [bench.parts.submit, (await other.parts()).submit]
  const answers = await Promise.all(
    Array.from({ length: 100 }, (_, i) => (submits[i % 2] ?? bench.parts.submit).submit(request({}))),
  )
  expect(new Set(answers.map(({ record }) => record.id)).size).toBe(1)
  expect(answers.filter(({ instead }) => !instead)).toHaveLength(1)
  await other.close()
})

test('of many that replace each other one is left', async () => {
  await Promise.all(Array.from({ length: 8 }, () => submit({ onConflict: 'replace' })))
  expect((await stored()).filter(({ status }) => status === 'pending')).toHaveLength(1)
})

test('many in one go: a key counts among them too', async () => {
  const answers = await bench.parts.submit.submitMany([request({}), request({})], { atomic: true })
  const [first, second] = answers.map((one) => ('record' in one ? one : null))
  expect(second).toMatchObject({ record: { id: first?.record.id }, instead: 'deduplicated' })
})

test('an atomic batch with a rejected key stores none, and cannot replace', async () => {
  await submit()
  const [other, rejected] = await bench.parts.submit.submitMany(
    [request({ key: 'other' }), request({ onConflict: 'reject' })],
    { atomic: true },
  )
  expect(rejected).toMatchObject({ code: 'unique_conflict' })
  expect(other).toMatchObject({ code: 'bad_request' })
  const [replacing] = await bench.parts.submit.submitMany([request({ onConflict: 'replace' })], { atomic: true })
  expect(replacing).toMatchObject({ code: 'bad_request' })
  expect(await stored()).toHaveLength(1)
})

describe('what is refused', () => {
  test.each<[Partial<UniqueWish>, string]>([
    [{ key: '' }, '/unique/key'],
    [{ key: 'x'.repeat(201) }, '/unique/key'],
    [{ key: '\u0000' }, '/unique/key'],
    [{ scope: 'until' }, '/unique/for_ms'],
    [{ forMs: 5 }, '/unique/for_ms'],
    [{ scope: 'until', forMs: 0 }, '/unique/for_ms'],
  ])('%o: %s', async (unique, pointer) => {
    const error = await refusal(submit(unique), 'bad_request')
    expect(error.errors.map((one) => one.pointer)).toEqual([pointer])
    expect(await stored()).toEqual([])
  })

  test('an option that does not exist, in enqueue and in defineJob, names the nearest one', async () => {
    const options = { unique: { key: 'k', onConflit: 'reject' } } as object
    await expect(bench.waybill.enqueue(plain, null, options)).rejects.toThrow('Did you mean "onConflict"?')
    const unique = { key: () => 'k', scop: 'active' } as object
    expect(() => defineJob({ type: 'x', unique, run: () => null } as never)).toThrow('Did you mean "scope"?')
  })

  test('a definition that contradicts itself', () => {
    const defined = (unique: object) => () => defineJob({ type: 'x', unique, run: () => null } as never)
    expect(defined({})).toThrow('unique.key is a function')
    expect(defined({ key: () => 'k', scope: 'until' })).toThrow('needs for')
    expect(defined({ key: () => 'k', for: '1m' })).toThrow('goes with scope "until"')
    expect(defined({ key: () => 'k', onConflict: 'ignore' })).toThrow('return, reject or replace')
  })
})

// ctx.step: work that is done once, whatever happens to the attempt that did it.
import { afterEach, beforeEach, expect, test } from 'vitest'
import { defineJob } from '../job/definition.ts'
import { JobFailed } from '../job/ended.ts'
import { aBench, type Bench } from '../waybill.fixture.ts'

const soon = { attempts: 2, backoff: '1ms', jitter: 0 }
let done: string[] = []

const pipeline = defineJob({
  type: 'pipeline',
  retry: soon,
  async run(ctx) {
    const first = await ctx.step('fetch', () => (done.push('fetch'), { pages: [1, 2], at: new Date(0) }))
    const second = await ctx.step('count', async () => (done.push('count'), first.pages.length))
    if (ctx.job.attempt === 1) throw new Error('the power went')
    return { first, second, third: await ctx.step('nothing', () => void done.push('nothing')) }
  },
})
const broken = defineJob({
  type: 'broken',
  retry: soon,
  async run(ctx) {
    await ctx.step('work', () => {
      done.push(`work ${ctx.job.attempt}`)
      if (ctx.job.attempt === 1) throw new Error('not yet')
    })
  },
})
const wrong = defineJob<string, unknown>({
  type: 'wrong',
  retry: { attempts: 1 },
  async run(ctx) {
    const { input } = ctx
    if (input === 'twice') await ctx.step('a', () => 1)
    if (input === 'twice') return ctx.step('a', () => 2)
    if (input === 'empty') return ctx.step('', () => 1)
    return ctx.step('a', () => ({ bigint: 1n, big: 'x'.repeat(262_143) })[input])
  },
})

let bench: Bench
beforeEach(async () => {
  done = []
  bench = await aBench({ jobs: [pipeline, broken, wrong] })
  await bench.waybill.worker().start()
})
afterEach(() => bench.close())

async function fault(input: string): Promise<string | undefined> {
  const ended = bench.waybill.result(await bench.waybill.enqueue(wrong, input))
  const error: unknown = await ended.catch((thrown: unknown) => thrown)
  return error instanceof JobFailed ? error.error?.internal?.message : undefined
}

test('a second attempt gets the kept results and does only what is left', async () => {
  const job = await bench.waybill.enqueue(pipeline, null)
  expect(await bench.waybill.result(job)).toEqual({
    first: { pages: [1, 2], at: '1970-01-01T00:00:00.000Z' },
    second: 2,
    third: null,
  })
  expect(done).toEqual(['fetch', 'count', 'nothing'])
})

test('each step is kept with the attempt that did it', async () => {
  const job = await bench.waybill.enqueue(pipeline, null)
  await bench.waybill.result(job)
  const [found] = await bench.engine.get([job.id], { steps: true })
  expect(found).toMatchObject({
    steps: [
      { key: 'fetch', status: 'completed', attempt: 1 },
      { key: 'count', attempt: 1, result: 2 },
      { key: 'nothing', attempt: 2, result: null },
    ],
  })
})

test('a step that failed is done again', async () => {
  await bench.waybill.result(await bench.waybill.enqueue(broken, null))
  expect(done).toEqual(['work 1', 'work 2'])
})

test('a key twice in one attempt is a mistake that says so', async () => {
  expect(await fault('twice')).toBe('step "a": this key was used already in this attempt; give each step its own key')
})

test('a key must have a name', async () => {
  expect(await fault('empty')).toBe('step: a key has 1–200 characters, got 0')
})

test('a result that JSON cannot carry is refused', async () => {
  expect(await fault('bigint')).toContain('step "a": the result cannot be kept')
})

test('a result over 256 KiB is refused with its size', async () => {
  expect(await fault('big')).toContain('step "a": the result has 262145 bytes, the limit is 262144')
})

// ctx.sleep: a pause that outlives its worker, and is neither lost nor repeated.
import { afterEach, beforeEach, expect, test } from 'vitest'
import { defineJob } from '../job/definition.ts'
import { JobFailed } from '../job/ended.ts'
import { aBench, eventually, type Bench } from '../waybill.fixture.ts'
import { aWorker, flaky } from './worker.fixture.ts'

const span = 1_200
let done: string[] = []
let work: PromiseWithResolvers<string>
let begun: PromiseWithResolvers<void>

const nap = defineJob<string, unknown>({
  type: 'nap',
  retry: { attempts: 2, backoff: '1ms', jitter: 0 },
  async run(ctx) {
    await ctx.step('before', () => void done.push('before'))
    ctx.signal.addEventListener('abort', () => done.push(`told: ${ctx.signal.reason?.reason}`))
    try {
      await ctx.sleep('pause', ctx.input)
    } finally {
      done.push('after')
    }
    return ctx.job.attempt
  },
})
const two = defineJob<null, unknown>({
  type: 'two',
  async run(ctx) {
    const ended = ['short', 'long'].map((key, i) =>
      ctx.sleep(key, span + i * 300).then(() => void done.push(`${key} is over`)),
    )
    const working = ctx.step('work', () => (begun.resolve(), work.promise)).then(() => ctx.step('more', () => 1))
    await Promise.all([...ended, working])
  },
})
const held = defineJob<null, unknown>({
  type: 'held',
  async run(ctx) {
    begun.resolve()
    await work.promise
    await ctx.sleep('pause', '1h')
  },
})
const wrong = defineJob<string, unknown>({
  type: 'wrong',
  retry: { attempts: 1 },
  async run(ctx) {
    if (ctx.input === 'inside') await ctx.step('a', () => ctx.sleep('b', '1h'))
    if (ctx.input === 'twice') await ctx.sleep('a', 1)
    if (ctx.input === 'own') await ctx.step('sleep:a', () => 1)
    await ctx.sleep(ctx.input === 'empty' ? '' : 'a', ctx.input === 'long' ? '400d' : ctx.input === 'minus' ? -1 : 1)
  },
})

let bench: Bench
beforeEach(async () => {
  done = []
  work = Promise.withResolvers()
  begun = Promise.withResolvers()
  bench = await aBench({ jobs: [nap, two, held, wrong] })
})
afterEach(() => bench.close())

const isAsleep = async (id: string) => (await bench.history(id)).types.includes('slept')

test('the worker is free while a job sleeps, and the job goes on after it, uncharged, with its steps kept', async () => {
  const worker = bench.waybill.worker()
  await worker.start()
  const job = await bench.waybill.enqueue(nap, `${span}ms`)
  await eventually(bench.engine, () => isAsleep(job.id))
  expect(await bench.waybill.get(job.id)).toMatchObject({ status: 'scheduled', waitReason: 'delay', attempt: 0 })
  expect(worker.active).toBe(0)
  expect(await bench.waybill.result(job)).toBe(1)
  const { types, attempts, record } = await bench.history(job.id)
  expect(types).toEqual(['created', 'claimed', 'slept', 'due', 'claimed', 'completed'])
  expect(attempts.map(({ status }) => status)).toEqual(['suspended', 'completed'])
  expect((record.completedAt ?? 0) - record.createdAt).toBeGreaterThanOrEqual(span)
})

test('nothing of the handler runs after the line at which it sleeps; its signal tells what else it began to stop', async () => {
  await bench.waybill.worker().start()
  await bench.waybill.result(await bench.waybill.enqueue(nap, `${span}ms`))
  expect(done).toEqual(['before', 'told: suspended', 'after'])
})

test('a short sleep is waited for where it stands', async () => {
  await bench.waybill.worker().start()
  const job = await bench.waybill.enqueue(nap, '20ms')
  await bench.waybill.result(job)
  expect((await bench.history(job.id)).types).toEqual(['created', 'claimed', 'completed'])
  const [found] = await bench.engine.get([job.id], { steps: true })
  expect(found).toMatchObject({ steps: [{ key: 'before' }, { key: 'sleep:pause', status: 'completed' }] })
})

test('a sleep whose reply was lost has begun once', async () => {
  const lost = flaky(bench.engine)
  const worker = aWorker(bench, { engine: lost.engine })
  await worker.start()
  const job = await bench.waybill.enqueue(held, null)
  await begun.promise
  lost.away(['apply'], { doneFirst: true })
  work.resolve('')
  await lost.nextRefusal()
  await eventually(bench.engine, () => isAsleep(job.id))
  lost.back()
  await worker.stop()
  expect((await bench.history(job.id)).types).toEqual(['created', 'claimed', 'slept'])
})

test('a job that was cancelled in its sleep and is run again sleeps for what is left', async () => {
  await bench.waybill.worker().start()
  const job = await bench.waybill.enqueue(nap, '1h')
  await eventually(bench.engine, () => isAsleep(job.id))
  const first = await bench.waybill.get(job.id)
  await bench.waybill.cancel(job.id)
  await bench.waybill.retry(job.id)
  await eventually(
    bench.engine,
    async () => (await bench.history(job.id)).types.filter((t) => t === 'slept').length === 2,
  )
  const second = await bench.waybill.get(job.id)
  expect(Math.abs((second?.runAt ?? 0) - (first?.runAt ?? 0))).toBeLessThan(500)
})

test('two sleeps at once are over together, and the steps beside them are finished first', async () => {
  await bench.waybill.worker().start()
  const job = await bench.waybill.enqueue(two, null)
  await begun.promise
  await bench.waybill.result(await bench.waybill.enqueue(nap, '0ms')) // what the worker had to say before is said by then
  expect(await isAsleep(job.id)).toBe(false)
  work.resolve('worked')
  await bench.waybill.result(job)
  expect(done).toEqual(expect.arrayContaining(['short is over', 'long is over']))
  const [found] = await bench.engine.get([job.id], { steps: true })
  expect(found).toMatchObject({ steps: expect.arrayContaining([expect.objectContaining({ key: 'work', attempt: 1 })]) })
  const slept = (await bench.history(job.id)).types.filter((type) => type === 'slept')
  expect(slept.length).toBeLessThanOrEqual(1) // none when less than a second is left of them by then
})

test.each([
  ['inside', 'sleep "b" inside of step "a": a step cannot wait; end it and wait between two steps'],
  ['twice', 'sleep "a": this key was used already in this attempt; give each sleep its own key'],
  ['own', 'step "sleep:a": keys that begin with sleep:, wait: or signal: are Waybill\'s own'],
  ['empty', 'sleep: a key has 1–200 characters, got 0'],
  ['long', 'sleep "a": at most a year, got "400d"'],
  ['minus', 'sleep "a": expected a duration such as "30s", "5m", "24h" or milliseconds, got -1'],
])('a mistake says so: %s', async (input, message) => {
  await bench.waybill.worker().start()
  const error: unknown = await bench.waybill
    .result(await bench.waybill.enqueue(wrong, input))
    .catch((thrown: unknown) => thrown)
  expect(error instanceof JobFailed ? error.error?.internal?.message : error).toBe(message)
})

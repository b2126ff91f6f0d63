// The recipes of docs/guides/testing.md, as they stand there.
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { defineJob, JobFailed, UserError } from 'waybill'
import { testWaybill } from 'waybill/testing'

// ── what the recipes are about ──

const sent: string[] = []
const mails = { send: (to: string) => void sent.push(to) }
const bank = {
  down: 0,
  charges: [] as string[],
  charge(key: string) {
    if (bank.down-- > 0) throw new Error('the bank does not answer')
    bank.charges.push(key)
    return `receipt ${bank.charges.length}`
  },
}

const invoice = defineJob<{ to: string }, { sentTo: string }>({
  type: 'invoice',
  run({ input }) {
    if (!input.to.includes('@')) throw new UserError('no_address', `"${input.to}" is no address.`)
    mails.send(input.to)
    return { sentTo: input.to }
  },
})

const payment = defineJob<{ amount: number }, string>({
  type: 'payment',
  retry: { attempts: 5, backoff: '10m', factor: 3 },
  async run(ctx) {
    const receipt = await ctx.step('charge', () => bank.charge(ctx.job.id))
    await ctx.step('mail', () => mails.send(receipt))
    return receipt
  },
})

const order = defineJob<{ total: number }, string>({
  type: 'order',
  async run(ctx) {
    const { by } = await ctx.waitFor<{ by: string }>('approved', { timeout: '2d' })
    return `approved by ${by}`
  },
})

const render = defineJob<null, string>({
  type: 'render',
  timeout: '30m',
  softTimeout: '25m',
  async run(ctx) {
    await ctx.step('frames', () => mails.send('frames'))
    while (!ctx.softSignal.aborted) await ctx.step(`part ${ctx.job.attempt}`, () => untilAborted(ctx.softSignal))
    return 'as far as it got'
  },
})

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
}

// ── the recipes ──

test('an invoice is sent, or its owner is told why not', async () => {
  await using t = await testWaybill({ jobs: [invoice] })
  expect(await t.run(invoice, { to: 'ada@example.org' })).toEqual({ sentTo: 'ada@example.org' })

  const failure = await t.run(invoice, { to: 'nobody' }).catch((error: unknown) => error)
  expect(failure).toBeInstanceOf(JobFailed)
  expect(failure).toMatchObject({ error: { code: 'no_address', message: '"nobody" is no address.' } })
})

test('a bank that is down is asked again after ten and after thirty minutes', async () => {
  await using t = await testWaybill({ jobs: [payment] })
  bank.down = 2
  const job = await t.enqueue(payment, { amount: 5 })
  await t.result(job)

  const attempts = (await t.history(job)).filter(({ status }) => status === 'processing')
  expect(attempts.map(({ afterMs }) => afterMs / 60_000)).toEqual([0, 10, 40])
})

test('an order waits two days for its approval', async () => {
  await using t = await testWaybill({ jobs: [order] })
  const quick = await t.enqueue(order, { total: 10 })
  const slow = await t.enqueue(order, { total: 20 })

  await t.advance('1d')
  await t.waybill.signal(quick.id, 'approved', { by: 'ada' })
  expect(await t.result(quick)).toBe('approved by ada')

  await t.advance('1d')
  await expect(t.result(slow)).rejects.toMatchObject({ error: { code: 'signal_timeout' } })
})

test('a crash does not charge twice', async () => {
  await using t = await testWaybill({ jobs: [payment] })
  bank.charges.length = 0
  t.failNext('note', 'after') // the step is stored, but the worker never hears of it …
  const job = await t.enqueue(payment, { amount: 5 })
  await t.advance(0)
  t.crashWorker() // … and dies
  await t.advance('1m')

  expect(await t.result(job)).toBe('receipt 1')
  expect(bank.charges).toEqual([job.id])
  expect((await t.jobs())[0]).toMatchObject({ losses: 1, fails: 0 })
})

test('rendering ends in order at its soft limit, also when the store is away just then', async () => {
  await using t = await testWaybill({ jobs: [render] })
  const job = await t.enqueue(render, null)
  await t.advance('24m')
  t.dropStore('2m')
  await t.advance('2m')

  expect(await t.result(job)).toBe('as far as it got')
  expect((await t.history(job)).at(-1)).toMatchObject({ status: 'completed', event: 'completed' })
})

test('every piece of code in the guide is code of this file', () => {
  const plain = (text: string) => text.replaceAll(/\s+/g, ' ')
  const guide = readFileSync(fileURLToPath(new URL('../../../../docs/guides/testing.md', import.meta.url)), 'utf8')
  const here = plain(readFileSync(fileURLToPath(import.meta.url), 'utf8'))
  const pieces = [...guide.matchAll(/```ts\n(.*?)```/gs)].map(([, code = '']) => plain(code).trim())
  expect(pieces.length).toBeGreaterThanOrEqual(5)
  for (const piece of pieces) expect(here).toContain(piece)
})

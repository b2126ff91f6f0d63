// Work that is done outside any handler: it is watched, cancelled and lost like any job.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { UserError, defineJob } from './index.ts'
import { aBench, historyOf, refusal, type Bench } from './waybill.fixture.ts'

let bench: Bench
beforeEach(async () => (bench = await aBench({ lease: '1s', jobs: [defineJob({ type: 'known', run: () => 1 })] })))
afterEach(() => bench.close())

test('external work runs at once, shows its progress and ends with its result', async () => {
  const work = await bench.waybill.external('nightly.etl', { userId: 'ann', input: { day: 1 }, title: 'ETL' })
  const job = await bench.waybill.get(work.id)
  expect(job).toMatchObject({ status: 'processing', type: 'nightly.etl', userId: 'ann', title: 'ETL', attempt: 1 })
  work.progress(0.5, 'Half')
  await expect.poll(async () => (await bench.waybill.get(work.id))?.progress).toBe(0.5)
  work.log.info('nearly there')
  await work.complete({ rows: 3 })
  expect(await bench.waybill.result({ id: work.id })).toEqual({ rows: 3 })
  expect((await bench.engine.logs(work.id, 0, 10)).map(({ message }) => message)).toEqual(['nearly there'])
})

test('its failure is final, and the owner sees the text of a UserError alone', async () => {
  const told = await bench.waybill.external('etl')
  await told.fail(new UserError('no_rows', 'There are no rows.'))
  const plain = await bench.waybill.external('etl')
  await plain.fail(new Error('secret'))
  const errors = await Promise.all([told, plain].map(async ({ id }) => (await bench.waybill.get(id))?.error?.message))
  expect(errors).toEqual(['There are no rows.', 'The job failed.'])
  expect((await bench.waybill.get(plain.id))?.status).toBe('failed')
})

test('a cancel aborts its signal, and its end is then cancelled', async () => {
  const work = await bench.waybill.external('etl')
  const aborted = once(work.signal, 'abort')
  await bench.waybill.cancel(work.id)
  await aborted
  await work.fail(work.signal.reason)
  expect((await bench.waybill.get(work.id))?.status).toBe('cancelled')
})

test('it ends once: what comes after is refused', async () => {
  const work = await bench.waybill.external('etl')
  await work.complete(1)
  await refusal(work.complete(2), 'lease_lost')
  await refusal(work.fail(new Error('late')), 'lease_lost')
  expect((await bench.waybill.get(work.id))?.result).toBe(1)
})

test('its lease outlives many times its length', async () => {
  const work = await bench.waybill.external('etl')
  const expiresAt = async () => (await historyOf(bench.engine, work.id)).record.lease?.expiresAt ?? 0
  const first = await expiresAt()
  await expect.poll(expiresAt, { timeout: 10_000 }).toBeGreaterThan(first + 2_000)
  await work.complete()
})

test('past its hard limit it has timed out, and its signal says so', async () => {
  const work = await bench.waybill.external('etl', { timeout: '300ms' })
  const aborted = once(work.signal, 'abort')
  await aborted
  await expect.poll(async () => (await bench.waybill.get(work.id))?.error?.code).toBe('timeout')
  await refusal(work.complete(), 'lease_lost')
})

test('an unknown option is refused', async () => {
  const options = { userid: 'ann' }
  await expect(bench.waybill.external('etl', options as object)).rejects.toThrow(/did you mean/i)
})

test('when its process dies the job fails as lease_expired', async () => {
  const program = `
    import { createWaybill } from ${JSON.stringify(new URL('index.ts', import.meta.url).href)}
    const waybill = createWaybill({ engine: ${JSON.stringify(bench.url)}, lease: '1s' })
    const work = await waybill.external('etl')
    console.log(work.id)
    setInterval(() => {}, 1_000)`
  writeFileSync(join(bench.dir, 'program.mjs'), program)
  const child = spawn(process.execPath, [join(bench.dir, 'program.mjs')], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [said] = (await once(child.stdout, 'data')) as [Buffer]
  const id = said.toString().trim()
  child.kill('SIGKILL')
  await once(child, 'exit')
  bench.parts.upkeep.start()
  await expect.poll(async () => (await bench.waybill.get(id))?.status, { timeout: 10_000 }).toBe('failed')
  const { record, attempts } = await historyOf(bench.engine, id)
  expect([record.error?.code, record.losses, attempts[0]?.status]).toEqual(['lease_expired', 1, 'lost'])
})

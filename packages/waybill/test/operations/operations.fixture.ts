// What operators do, on every engine: one process asks, another one does it. Run by one test file an engine.
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { aClaim } from '../../src/engine/jobs.fixture.ts'
import { createWaybill, defineJob, type Waybill } from '../../src/index.ts'
import { failed } from '../../src/job/decide.ts'
import { systemError } from '../../src/job/errors.ts'
import { silentLogger } from '../../src/lib/log.ts'
import { systemQueue } from '../../src/operate/bulk/job.ts'
import type { BulkWish } from '../../src/operate/bulk/wish.ts'
import { eventually, historyOf, refusal } from '../../src/waybill.fixture.ts'
import type { Parts } from '../../src/parts.ts'
import type { Place, Places } from '../faults/store.fixture.ts'

const job = defineJob({ type: 'job', queue: 'q', run: () => null })

export function operationsOn(start: () => Promise<Places>): void {
  let places: Places
  let place: Place
  let asking: Parts
  let doing: Parts
  let waybills: Waybill[] = []
  beforeAll(async () => {
    places = await start()
  })
  afterAll(() => places.stop())
  beforeEach(async () => {
    place = await places.store()
    const open = () => createWaybill({ engine: place.url, jobs: [job], logger: silentLogger })
    waybills = [open(), open()]
    ;[asking, doing] = [await partsOf(0), await partsOf(1)]
  })
  afterEach(async () => {
    await Promise.all(waybills.map((waybill) => waybill.close()))
    await place.close()
  })

  const partsOf = (n: number): Promise<Parts> => waybills[n]?.parts() ?? Promise.reject(new Error('not opened'))
  const enqueue = async (n: number) => {
    const requests = Array.from({ length: n }, () => ({ type: 'job', input: null, userId: 'ann' }))
    await asking.submit.submitMany(requests, { atomic: true })
  }
  // A claim brings jobs of one shard.
  const failAll = async () => {
    const error = { ...systemError('job_error', 'err_1'), retryable: false }
    while ((await counts()).pending > 0) {
      const { jobs, fence } = await doing.engine.claim(aClaim({ max: 1_000, begins: 1_000, queues: ['q'] }))
      await doing.engine.apply(jobs.map(({ record }) => failed(record, fence, error, () => 0.5)))
    }
  }
  const ask = async (wish: BulkWish) => {
    const { bulk } = asking.operate
    return (await bulk.start(wish, await bulk.preview(wish))).id
  }
  const result = async (id: string) => {
    const record = async () => (await historyOf(asking.engine, id)).record
    await eventually(asking.engine, async () => (await record()).completedAt !== null)
    return (await record()).result
  }
  const counts = async () => asking.engine.count({ queue: 'q' })

  test('a bulk retry whose worker is lost goes on with the next page, and does none twice', async () => {
    await enqueue(450)
    await failAll()
    const id = await ask({ action: 'retry', filter: { queue: 'q', userId: 'ann' } })
    const { fence } = await doing.engine.claim(aClaim({ queues: [systemQueue], leaseMs: 1 }))
    const filter = { queue: 'q', userId: 'ann', status: ['failed' as const] }
    const { next } = await doing.engine.list({ filter, limit: 200, oldestFirst: true })
    const step = { key: 'page 1', status: 'completed' as const, attempt: 1, startedAt: doing.engine.now() }
    await doing.engine.note([{ id, fence, steps: [{ ...step, result: { next, done: 200, skipped: 0 } }] }])
    doing.upkeep.start()
    expect(await result(id)).toEqual({ action: 'retry', done: 450, skipped: 0 })
    expect(await counts()).toMatchObject({ pending: 250, failed: 200 })
  })

  test('a bulk cancel ends what waits and tells what runs', async () => {
    await enqueue(300)
    const { jobs } = await doing.engine.claim(aClaim({ max: 3, begins: 3, queues: ['q'] }))
    doing.upkeep.start()
    expect(await result(await ask({ action: 'cancel', filter: { queue: 'q' } }))).toMatchObject({ done: 300 })
    expect(await counts()).toMatchObject({ cancelled: 297, processing: 3 })
    const running = await Promise.all(jobs.map(({ record }) => historyOf(asking.engine, record.id)))
    expect(running.map(({ record }) => record.cancelReason)).toEqual(Array(3).fill('bulk cancel'))
  })

  test('a bulk purge erases ended jobs', async () => {
    await enqueue(30)
    await failAll()
    doing.upkeep.start()
    expect(await result(await ask({ action: 'purge', filter: { queue: 'q' }, max: 20 }))).toMatchObject({ done: 20 })
    expect(await counts()).toMatchObject({ failed: 10 })
  })

  test('a queue that another process drains refuses new jobs, and answers replays', async () => {
    const request = { type: 'job', input: null, userId: 'ann', idempotency: { key: 'k', scope: 's' } }
    const { record } = await asking.submit.submit(request)
    await doing.operate.queues.change('q', (settings) => ({ ...settings, draining: true }))
    const { idempotency: _, ...another } = request
    await eventually(asking.engine, () => asking.submit.submit(another).then(isFalse, isTrue))
    await refusal(asking.submit.submit(another), 'draining')
    expect(await asking.submit.submit(request)).toMatchObject({ replayed: true, record: { id: record.id } })
    const answers = await asking.submit.submitMany([another, request])
    expect(answers).toMatchObject([{ code: 'draining' }, { replayed: true }])
  })
}

const isTrue = () => true
const isFalse = () => false

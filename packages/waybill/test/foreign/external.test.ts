// External work on every engine: whoever makes a job takes it, whatever else serves the store.
import { afterEach, describe, expect, test } from 'vitest'
import { createWaybill, defineJob, type Waybill } from '../../src/index.ts'
import { silentLogger } from '../../src/lib/log.ts'
import { stores, type Store } from './stores.fixture.ts'

describe.each(stores)('external work on %s', (_, open) => {
  let store: Store
  let waybill: Waybill
  afterEach(async () => {
    await waybill.close()
    await store.drop()
  })

  test('many at once get a job each, beside a worker that serves all queues', async () => {
    store = await open()
    waybill = createWaybill({
      engine: store.url,
      lease: '2s',
      jobs: [defineJob({ type: 'other', run: () => 1 })],
      logger: silentLogger,
    })
    const worker = waybill.worker()
    await worker.start()
    const works = await Promise.all(Array.from({ length: 6 }, () => waybill.external('etl')))
    await Promise.all(works.map((work, i) => work.complete(i)))
    const jobs = await Promise.all(works.map(({ id }) => waybill.get(id)))
    expect(jobs.map((job) => [job?.result, job?.attempt])).toEqual([0, 1, 2, 3, 4, 5].map((i) => [i, 1]))
    await worker.stop()
  })
})

// Jobs that are submitted inside a transaction of the application's own, through the public API.
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createWaybill, defineJob, type Waybill } from '../../index.ts'
import { aPlace } from './fixture.ts'

const render = defineJob<{ n: number }, { n: number }>({ type: 'render', run: async ({ input }) => input })

let place: ReturnType<typeof aPlace>
let waybill: Waybill
let own: DatabaseSync

beforeEach(async () => {
  place = aPlace()
  waybill = createWaybill({ engine: place.url, jobs: [render], logLevel: 'error' })
  await waybill.migrate()
  own = new DatabaseSync(place.url.slice('sqlite:'.length))
  own.exec('CREATE TABLE orders (id INTEGER PRIMARY KEY)')
})

afterEach(async () => {
  own.close()
  await waybill.close()
  place.remove()
})

test('a job is there once the transaction commits, with the rows of the application, and runs', async () => {
  own.exec('BEGIN IMMEDIATE; INSERT INTO orders VALUES (1)')
  const job = await waybill.enqueue(render, { n: 1 }, { tx: own })
  expect(await waybill.get(job.id)).toBeNull()
  own.exec('COMMIT')
  expect((await waybill.get(job.id))?.status).toBe('pending')
  const worker = waybill.worker()
  await worker.start()
  expect(await waybill.result(job)).toEqual({ n: 1 })
  await worker.stop()
})

test('a job of a transaction that is rolled back never was, and its key is free', async () => {
  own.exec('BEGIN IMMEDIATE')
  const undone = await waybill.enqueue(render, { n: 1 }, { tx: own, idempotencyKey: 'once' })
  own.exec('ROLLBACK')
  expect(await waybill.get(undone.id)).toBeNull()
  const kept = await waybill.enqueue(render, { n: 1 }, { idempotencyKey: 'once' })
  expect(kept.id).not.toBe(undone.id)
})

test('the same key twice in one transaction is one job', async () => {
  own.exec('BEGIN IMMEDIATE')
  const first = await waybill.enqueue(render, { n: 1 }, { tx: own, idempotencyKey: 'once' })
  const again = await waybill.enqueue(render, { n: 1 }, { tx: own, idempotencyKey: 'once' })
  own.exec('COMMIT')
  expect(again.id).toBe(first.id)
})

test('a job that is refused leaves the transaction as it was', async () => {
  await waybill.enqueue(render, { n: 1 }, { id: 'taken' })
  own.exec('BEGIN IMMEDIATE; INSERT INTO orders VALUES (2)')
  await expect(waybill.enqueue(render, { n: 2 }, { id: 'taken', tx: own })).rejects.toMatchObject({
    code: 'job_id_conflict',
  })
  own.exec('COMMIT')
  expect(own.prepare('SELECT id FROM orders').all()).toEqual([{ id: 2 }])
})

test('what is no open transaction on this file is refused with what to do', async () => {
  const enqueue = (tx: unknown) => waybill.enqueue(render, { n: 1 }, { tx })
  await expect(enqueue({})).rejects.toThrow('must be a DatabaseSync')
  await expect(enqueue(own)).rejects.toThrow('run BEGIN IMMEDIATE on it first')
  const elsewhere = new DatabaseSync(':memory:')
  elsewhere.exec('BEGIN')
  await expect(enqueue(elsewhere)).rejects.toThrow('a database in memory')
  elsewhere.close()
})

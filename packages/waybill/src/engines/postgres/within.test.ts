// Jobs that are submitted inside a transaction of the application's own.
import { freshDatabase } from '@waybill/servers'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { pause, steadyClock } from '../../lib/clock.ts'
import type { PostgresEngine } from './engine.ts'
import { aClaim, aJob } from '../../engine/jobs.fixture.ts'
import { openPostgres } from './index.ts'

let database: Awaited<ReturnType<typeof freshDatabase>>
let engine: PostgresEngine
let client: pg.Client

beforeAll(async () => {
  database = await freshDatabase()
  engine = await openPostgres(database.url)
  await engine.migrate()
  client = new pg.Client(database.url)
  await client.connect()
  await client.query('CREATE TABLE orders (id int PRIMARY KEY)')
})

afterAll(async () => {
  await client.end()
  await engine.close()
  await database.drop()
})

test('a job is there once the transaction commits, and not before', async () => {
  await client.query('BEGIN')
  await client.query('INSERT INTO orders VALUES (1)')
  expect(await engine.insertIn(client, [aJob({ id: 'with-order' })])).toMatchObject([{ outcome: 'created' }])
  expect(await engine.get(['with-order'])).toEqual([null])
  await client.query('COMMIT')
  expect(await engine.get(['with-order'])).toMatchObject([{ record: { status: 'pending', rev: 1 } }])
  const { jobs } = await engine.claim(aClaim())
  expect(jobs.map(({ record }) => record.id)).toEqual(['with-order'])
})

test('a job of a transaction that is rolled back never was', async () => {
  await client.query('BEGIN')
  await engine.insertIn(client, [aJob({ id: 'undone' }, { idempotency: { key: 'u', hash: 'h', keepMs: 60_000 } })])
  await client.query('ROLLBACK')
  expect(await engine.get(['undone'])).toEqual([null])
  const again = aJob({ id: 'undone' }, { idempotency: { key: 'u', hash: 'h', keepMs: 60_000 } })
  expect(await engine.insert([again])).toMatchObject([{ outcome: 'created' }])
})

test('a job that is refused leaves the transaction as it was', async () => {
  await engine.insert([aJob({ id: 'taken' })])
  await client.query('BEGIN')
  await client.query('INSERT INTO orders VALUES (2)')
  const answers = await engine.insertIn(client, [aJob({ id: 'new' }), aJob({ id: 'taken' })], { atomic: true })
  expect(answers.map(({ outcome }) => outcome)).toEqual(['not_stored', 'id_taken'])
  await client.query('COMMIT')
  const { rows } = await client.query('SELECT id FROM orders WHERE id = 2')
  expect(rows).toHaveLength(1)
  expect(await engine.get(['new'])).toEqual([null])
})

test('whoever watches hears of the job when the transaction commits', async () => {
  let heard: string[] = []
  const stop = engine.watch(({ ids }) => (heard = [...heard, ...(ids ?? [])]))
  // A watcher begins to hear a moment after it was asked to.
  for (let n = 0; !heard.some((id) => id.startsWith('told')); n++) {
    await client.query('BEGIN')
    await engine.insertIn(client, [aJob({ id: `told-${n}` })])
    await client.query('COMMIT')
    await pause(steadyClock, 20, undefined, true)
  }
  stop()
  expect(heard).toContainEqual(expect.stringMatching(/^told-/))
})

test('two transactions may submit into one queue at the same time', async () => {
  const other = new pg.Client(database.url)
  await other.connect()
  for (const one of [client, other]) await one.query('BEGIN')
  const capped = () => aJob({}, { maxPending: 100_000 })
  expect(await engine.insertIn(client, [capped()])).toMatchObject([{ outcome: 'created' }])
  expect(await engine.insertIn(other, [capped()])).toMatchObject([{ outcome: 'created' }])
  for (const one of [client, other]) await one.query('COMMIT')
  await other.end()
})

test('what cannot run statements is refused with a sentence', async () => {
  await expect(engine.insertIn({}, [aJob()])).rejects.toThrow('must have query(text, values)')
})

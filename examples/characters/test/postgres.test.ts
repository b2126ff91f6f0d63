// Web and worker as processes of their own, on one PostgreSQL: what is committed together, and what a killed worker leaves.
import { Client } from 'pg'
import { freshDatabase } from '@waybill/servers'
import { createWaybill, type Waybill } from 'waybill'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { start } from './app.fixture.ts'
import { create, created, followed, formOf, mira, statusOf } from './characters.fixture.ts'
import { photoOf, picture } from './pictures.fixture.ts'

let database: Awaited<ReturnType<typeof freshDatabase>>
let env: Record<string, string>
let url: string
let psql: Client
let operator: Waybill
beforeAll(async () => {
  database = await freshDatabase()
  env = { DATABASE_URL: database.url, WAYBILL_LEASE: '3s' }
  operator = createWaybill({ engine: database.url, logLevel: 'error' })
  psql = new Client({ connectionString: database.url })
  await psql.connect()
  ;({ url } = await start('web', env))
})
afterAll(async () => {
  await operator.close()
  await psql.end()
  await database.drop()
})

const jobsAbout = async (id: number) => (await operator.list({ subject: `character:${id}` })).jobs
const order = (what: 'drain' | 'resume') =>
  operator.fetch(new Request(`http://localhost/api/v1/queues/character_generation/${what}`, { method: 'POST' }))
const characters = async () => (await psql.query<{ id: number }>('SELECT id FROM characters ORDER BY id')).rows

test('a character whose commit fails has no job', async () => {
  await psql.query(`
    CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no Nobody here'; END $$;
    CREATE CONSTRAINT TRIGGER refuse AFTER INSERT ON characters DEFERRABLE INITIALLY DEFERRED
      FOR EACH ROW WHEN (NEW.name = 'Nobody') EXECUTE FUNCTION refuse()`)
  expect(await create(url, { ...mira, name: 'Nobody' })).toMatchObject({ status: 500 })
  expect((await operator.list()).jobs).toEqual([])
  const id = await created(url, mira)
  expect(await characters()).toEqual([{ id }])
  expect(await jobsAbout(id)).toMatchObject([
    { type: 'character.portrait', status: 'pending', userId: '7', policy: { timeoutMs: 30 * 60_000 } },
  ])
})

test('a character whose job is refused is not stored either', async () => {
  const answered = async () => (await create(url, mira)).status
  const soon = { timeout: 30_000 } // other processes hear of orders within seconds
  await order('drain')
  await expect.poll(answered, soon).toBe(503)
  const before = await characters()
  expect(await answered()).toBe(503)
  expect(await characters()).toEqual(before)
  await order('resume')
  await expect.poll(answered, soon).toBe(200)
})

test('a worker that is killed while it works is followed by another one, and the status never says that it failed', async () => {
  const id = await created(url, formOf(mira, photoOf('#c81e1e')))
  await psql.query('BEGIN')
  await psql.query('SELECT 1 FROM characters WHERE id = $1 FOR UPDATE', [id]) // holds the worker up where it stores the portrait
  const first = await start('worker', env)
  const before = await followed(url, id, (status) => status.progress_percentage === 95)
  expect(before.at(-1)).toMatchObject({ generation_status: 'generating', progress_message: 'Hanging the portrait...' })
  await first.kill('SIGKILL')
  await psql.query('ROLLBACK')

  const [after] = await Promise.all([followed(url, id), start('worker', env)])
  expect(after.at(-1)?.generation_status).toBe('completed')
  expect([...before, ...after].map((status) => status.generation_status)).not.toContain('failed')
  expect(await jobsAbout(id)).toMatchObject([{ attempt: 2, losses: 1, fails: 0 }])
  expect((await picture(`${url}/characters/${id}/portrait.png`)).size).toEqual([1024, 1024])
  expect((await statusOf(url, id)).progress_percentage).toBe(100)
})

test('web and workers may start together on a new database', async () => {
  const other = await freshDatabase()
  const [web, ...others] = await Promise.all(
    (['web', 'worker', 'worker', 'web'] as const).map((part) => start(part, { DATABASE_URL: other.url })),
  )
  if (!web) throw new Error('nothing was started')
  const seen = await followed(web.url, await created(web.url, mira))
  expect(seen.at(-1)?.generation_status).toBe('completed')
  await Promise.all([web, ...others].map((program) => program.kill()))
  await other.drop()
})

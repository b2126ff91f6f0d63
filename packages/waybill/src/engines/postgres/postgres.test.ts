// What is this engine's own: its URL, its layout and how it is made, what the planner does with it, and what it counts.
import { freshDatabase } from '@waybill/servers'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { completed, released } from '../../job/decide.ts'
import { wantedLayout } from './migrate.ts'
import type { PostgresEngine } from './engine.ts'
import { aClaim, aJob } from '../../engine/jobs.fixture.ts'
import { openPostgres } from './index.ts'
import { placeOf } from './place.ts'

let database: Awaited<ReturnType<typeof freshDatabase>>
let client: pg.Client
const engines: PostgresEngine[] = []

beforeAll(async () => {
  database = await freshDatabase()
  client = new pg.Client(database.url)
  await client.connect()
})

afterAll(async () => {
  for (const engine of engines) await engine.close()
  await client.end()
  await database.drop()
})

async function opened(schema: string): Promise<PostgresEngine> {
  const engine = await openPostgres(`${database.url}?schema=${schema}`)
  engines.push(engine)
  return engine
}

test('what is Waybill’s own is taken out of the URL, the rest is the driver’s', () => {
  const direct = encodeURIComponent('postgres://u:p@direct:5432/db')
  const url = `postgres://u:p@bouncer:6432/db?schema=jobs&pool=7&directUrl=${direct}&sslmode=require`
  expect(placeOf(url)).toEqual({
    url: 'postgres://u:p@bouncer:6432/db?sslmode=require',
    directUrl: 'postgres://u:p@direct:5432/db',
    schema: 'jobs',
    pool: 7,
  })
})

test('a setting that nobody knows is refused with the nearest one, without the password', () => {
  const reading = (query: string) => () => placeOf(`postgres://u:secret@h/db?${query}`)
  expect(reading('shema=x')).toThrow('unknown setting "shema". Did you mean "schema"?')
  expect(reading('schema=Big-One')).toThrow('schema is lower-case letters')
  expect(reading('pool=many')).toThrow('pool is a whole number')
  expect(reading('shema=x')).not.toThrow('secret')
})

test('two processes that migrate at once both succeed', async () => {
  const both = [await opened('twice'), await opened('twice')]
  const done = await Promise.all(both.map((engine) => engine.migrate()))
  expect(new Set(done.map(({ from }) => from))).toEqual(new Set([0, wantedLayout]))
  expect(await both[0]?.schema()).toEqual({ found: wantedLayout, wanted: wantedLayout })
})

test('a store of layout 1 is brought to this one', async () => {
  const engine = await opened('older')
  await engine.migrate()
  await client.query('DROP INDEX older.live_by_deadline; DROP TABLE older.holds')
  await client.query('DELETE FROM older.layout WHERE version > 1')
  expect(await engine.schema()).toEqual({ found: 1, wanted: wantedLayout })
  expect(await engine.migrate()).toEqual({ from: 1, to: wantedLayout })
})

test('before it is migrated, a store says what to do', async () => {
  const engine = await opened('bare')
  expect(await engine.schema()).toEqual({ found: 0, wanted: wantedLayout })
  expect((await engine.health()).problem).toContain('waybill migrate')
  await expect(engine.insert([aJob()])).rejects.toThrow('run: waybill migrate')
})

test('a server with the usual settings is durable', async () => {
  const engine = await opened('healthy')
  await engine.migrate()
  expect(await engine.health()).toEqual({ kind: 'postgres', durability: 'durable', problem: null })
})

test('a reply that was lost burns no lease: of one claim asked for twice at once, both answers are the same', async () => {
  const engine = await opened('claims')
  await engine.migrate()
  await engine.insert(Array.from({ length: 20 }, () => aJob()))
  const request = aClaim({ max: 5 })
  const [first, second] = await Promise.all([engine.claim(request), engine.claim(request)])
  expect(second?.fence).toBe(first?.fence)
  expect((await engine.count({})).processing).toBe(5)
})

test('counts stay exact while many write and the tallies are folded', async () => {
  const engine = await opened('counts')
  await engine.migrate()
  const rounds = Array.from({ length: 20 }, async () => {
    await engine.insert([aJob(), aJob()])
    const { jobs, fence } = await engine.claim(aClaim({ max: 1 }))
    await engine.apply(jobs.map(({ record }) => completed(record, fence, 1)))
    await engine.purge(0)
  })
  await Promise.all(rounds)
  expect(await engine.count({})).toMatchObject({ pending: 20, processing: 0, completed: 20 })
})

test('a process whose job was given to another process cannot end it, nor one that it has noted upon lose the note', async () => {
  const [first, second] = [await opened('fenced'), await opened('fenced')]
  await first.migrate()
  await first.insert([aJob({ id: 'moved' })])
  const old = await first.claim(aClaim())
  await second.apply(old.jobs.map(({ record }) => released(record, old.fence, 'test')))
  const taken = await second.claim(aClaim({ workerId: 'w2' }))
  expect((await first.apply(old.jobs.map(({ record }) => completed(record, old.fence, 'late')))).applied).toEqual([
    { outcome: 'lost' },
  ])
  await second.apply(taken.jobs.map(({ record }) => completed(record, taken.fence, 'right')))
  await first.insert([aJob({ id: 'noted' })])
  const { jobs, fence } = await first.claim(aClaim())
  await second.note([{ id: 'noted', fence, progress: 0.5, stage: 'half' }])
  await first.apply(jobs.map(({ record }) => completed(record, fence, 1)))
  expect(await first.get(['moved', 'noted'])).toMatchObject([
    { record: { result: 'right', status: 'completed' } },
    { record: { stage: 'half', rev: 4, status: 'completed' } },
  ])
})

test('partitions are made as numbers rise, and dropped once all their jobs are purged', async () => {
  const engine = await opened('ranges')
  await engine.migrate()
  const size = 2 ** 18
  await engine.insert([aJob({ id: 'early' })])
  await client.query('SELECT setval($1, $2)', ['ranges.seqs', 5 * size]) // far past what there is
  expect(await engine.insert([aJob({ id: 'far' }), aJob()])).toMatchObject([{ outcome: 'created' }, {}])
  expect(await engine.insert([aJob()])).toMatchObject([{ outcome: 'created' }])
  await engine.purge(10)
  expect(await partitionsOf('ranges')).toContain('jobs_0')
  const { jobs, fence } = await engine.claim(aClaim({ max: 1 }))
  await engine.apply(jobs.map(({ record }) => completed(record, fence, 1)))
  await engine.purge(1, 'early')
  await engine.purge(10)
  expect(await partitionsOf('ranges')).toEqual(['jobs_5', 'jobs_6', 'jobs_7'])
  expect(await engine.get(['early', 'far'])).toMatchObject([{ gone: true }, { record: { id: 'far' } }])
})

test('claims across several queues take what others do not hold, however many come at once', async () => {
  const engine = await opened('crowded')
  await engine.migrate()
  await engine.insert(Array.from({ length: 200 }, (_, n) => aJob({ queue: `q${n % 4}` })))
  const claims = await Promise.all(
    Array.from({ length: 4 }, (_, n) => engine.claim(aClaim({ workerId: `w${n}`, max: 50 }))),
  )
  expect(claims.map(({ jobs }) => jobs.length)).toEqual([50, 50, 50, 50])
  expect(new Set(claims.flatMap(({ jobs }) => jobs.map(({ record }) => record.id))).size).toBe(200)
})

test('a job is found through one index and one partition, whatever else is kept', async () => {
  const engine = await opened('plans')
  await engine.migrate()
  await engine.insert([...Array.from({ length: 1_000 }, () => aJob()), aJob({ id: 'x' })])
  await client.query('ANALYZE plans.jobs, plans.ids, plans.ready')
  const plan = await planOf(
    `SELECT j.* FROM plans.ids i CROSS JOIN LATERAL (SELECT * FROM plans.jobs WHERE seq = i.seq LIMIT 1) j WHERE i.id = 'x'`,
  )
  expect(plan).toContain('Index Scan using ids_pkey')
  expect(plan).toMatch(/Index Scan using jobs_0_pkey .*rows=1/)
  expect(plan).toMatch(/jobs_1 .*never executed/)
  expect(plan).toMatch(/jobs_2 .*never executed/)
})

test('a claim walks the front of the queue, however many jobs wait behind it', async () => {
  const engine = await opened('fronts')
  await engine.migrate()
  for (let n = 0; n < 5; n++) await engine.insert(Array.from({ length: 1_000 }, () => aJob()))
  await client.query("SELECT pg_stat_reset_single_table_counters('fronts.ready'::regclass)")
  await engine.claim(aClaim({ max: 10 }))
  await engine.claim(aClaim({ max: 10, queues: ['default'] }))
  await client.query('SELECT pg_stat_force_next_flush()')
  const { rows } = await client.query<{ seq_scan: string }>(
    "SELECT seq_scan FROM pg_stat_all_tables WHERE relid = 'fronts.ready'::regclass",
  )
  expect(Number(rows[0]?.seq_scan)).toBe(0)
})

async function partitionsOf(schema: string): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    "SELECT relname AS name FROM pg_class WHERE relnamespace = $1::regnamespace AND relname ~ '^jobs_[0-9]+$' ORDER BY relname",
    [schema],
  )
  return rows.map(({ name }) => name)
}

async function planOf(statement: string): Promise<string> {
  const { rows } = await client.query<Record<string, string>>(`EXPLAIN (ANALYZE, COSTS OFF) ${statement}`)
  return rows.map((row) => row['QUERY PLAN']).join('\n')
}

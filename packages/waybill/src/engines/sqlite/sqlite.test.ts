// What is SQLite's own affair: several processes on one file, locks, migrations, durability, disk full.
import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { afterEach, expect, test } from 'vitest'
import { completed, failed, released } from '../../job/decide.ts'
import { systemError } from '../../job/errors.ts'
import { wantedLayout } from './migrate.ts'
import { Db } from './db.ts'
import { aClaim, aJob } from '../../engine/jobs.fixture.ts'
import { aPlace } from './fixture.ts'
import { openSqlite } from './index.ts'
import { ticketStep } from './rows.ts'
import { Tx } from './tx.ts'

const cleanups: (() => void | Promise<void>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

function place() {
  const made = aPlace()
  cleanups.push(made.remove)
  return made
}

async function open(url: string) {
  const engine = await openSqlite(url)
  cleanups.push(() => engine.close())
  await engine.migrate()
  return engine
}

function run(...args: string[]): Promise<unknown> {
  const file = fileURLToPath(new URL('./processes.fixture.ts', import.meta.url))
  const child = spawn(process.execPath, [file, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  return new Promise((resolve, reject) => {
    let out = ''
    let talk = ''
    child.stdout.on('data', (chunk) => (out += chunk))
    child.stderr.on('data', (chunk) => (talk += chunk))
    child.on('close', (code) => (code === 0 ? resolve(JSON.parse(out)) : reject(new Error(`exit ${code}: ${talk}`))))
  })
}

test('two submitting and two working processes share one file: every job runs once and nobody meets a lock', async () => {
  const { url } = place()
  const [first, second, ...ended] = await Promise.all([
    run('submit', url, '1500'),
    run('submit', url, '1500'),
    run('work', url, 'w1', '3000'),
    run('work', url, 'w2', '3000'),
  ])
  const submitted = [first, second].flat()
  expect(new Set(submitted).size).toBe(3_000)
  const runs = ended.flat().map((pair) => (Array.isArray(pair) ? String(pair[0]) : ''))
  expect(runs.toSorted()).toEqual(submitted.map(String).toSorted())
})

test('a write waits for another process without blocking the event loop', async () => {
  const { url, dir } = place()
  const engine = await open(url)
  const other = new DatabaseSync(`${dir}/jobs.db`)
  cleanups.push(() => other.close())
  other.exec('BEGIN IMMEDIATE')
  let answered = false
  const write = engine.insert([aJob()]).then((x) => {
    answered = true
    return x
  })
  for (let turn = 0; turn < 50; turn++) await new Promise(setImmediate)
  expect(answered).toBe(false)
  other.exec('COMMIT')
  expect((await write)[0]?.outcome).toBe('created')
})

test('several processes may migrate at once', async () => {
  const { url } = place()
  const engines = await Promise.all(Array.from({ length: 4 }, () => openSqlite(url)))
  for (const engine of engines) cleanups.push(() => engine.close())
  const done = await Promise.all(engines.map((engine) => engine.migrate()))
  expect(done.filter(({ from }) => from === 0)).toHaveLength(1)
  expect(await engines[0]?.schema()).toEqual({ found: wantedLayout, wanted: wantedLayout })
})

test('a file of layout 1 is brought to this one, with what it holds', async () => {
  const { url, dir } = place()
  const old = await open(url)
  await old.insert([aJob({ id: 'kept' })])
  await old.close()
  const file = new DatabaseSync(`${dir}/jobs.db`)
  file.exec('DROP INDEX live_by_deadline; DROP TABLE holds; PRAGMA user_version = 1')
  file.close()
  const engine = await openSqlite(url)
  cleanups.push(() => engine.close())
  expect(await engine.schema()).toEqual({ found: 1, wanted: wantedLayout })
  expect(await engine.migrate()).toEqual({ from: 1, to: wantedLayout })
  expect(await engine.revs(['kept'])).toEqual([1])
})

test('a full disk refuses the submit as engine_unavailable, keeps what it acknowledged, and recovers by itself', async () => {
  const { url, dir } = place()
  const engine = await open(url)
  const kept = aJob()
  await engine.insert([kept])
  const pages = new DatabaseSync(`${dir}/jobs.db`).prepare('PRAGMA page_count').get()
  engine.limitPages(Number(pages?.['page_count']))
  const big = aJob({}, { inputJson: JSON.stringify('x'.repeat(200_000)) })
  await expect(engine.insert([big])).rejects.toMatchObject({ code: 'engine_unavailable' })
  expect(await engine.get([kept.spec.id, big.spec.id])).toMatchObject([{ record: { status: 'pending' } }, null])
  engine.limitPages(1_000_000)
  expect((await engine.insert([big]))[0]?.outcome).toBe('created')
})

test('a file that cannot be opened is named', async () => {
  const { dir } = place()
  writeFileSync(`${dir}/letter.txt`, 'this is a letter to my grandmother, and no database at all')
  for (const path of [`${dir}/letter.txt`, dir, `${dir}/letter.txt/jobs.db`])
    await expect(openSqlite(`sqlite:${path}`)).rejects.toThrow(`cannot open ${path}: `)
})

test('one operation that fails takes none of its neighbours in the same transaction down', async () => {
  const { url } = place()
  const engine = await open(url)
  const good = engine.insert([aJob()])
  const bad = engine.insert([aJob({ id: 'a' }), aJob({ id: 'a' })], { atomic: true })
  const alsoGood = engine.insert([aJob({ id: 'b' })])
  expect((await good)[0]?.outcome).toBe('created')
  expect((await bad).map((x) => x.outcome)).toEqual(['not_stored', 'id_taken'])
  expect((await alsoGood)[0]?.outcome).toBe('created')
  expect(await engine.count({})).toMatchObject({ pending: 2 })
})

test('the history of a job that was claimed once and completed follows from its rows', async () => {
  const { url } = place()
  const engine = await open(url)
  await engine.insert([aJob({ id: 'plain' })])
  const { jobs, fence } = await engine.claim(aClaim())
  await engine.apply(jobs.map((job) => completed(job.record, fence, { url: 'x' })))
  const [found] = await engine.get(['plain'], { timeline: true })
  expect(found).toMatchObject({
    record: { status: 'completed', rev: 3, result: { url: 'x' }, attempt: 1 },
    timeline: [
      { seq: 1, type: 'created' },
      { seq: 2, type: 'claimed', data: { worker_id: 'w1', fence, attempt: 1 } },
      { seq: 3, type: 'completed' },
    ],
  })
})

test('jobs that come back queue behind those that were there, in the order of their return', async () => {
  const { url } = place()
  const engine = await open(url)
  await engine.insert(['a', 'b', 'c'].map((id) => aJob({ id })))
  const { jobs, fence } = await engine.claim(aClaim({ max: 2 }))
  const [a, b] = jobs
  if (!a || !b) throw new Error('two jobs were expected')
  const again = { delayMs: 0 }
  for (const job of [b, a])
    await engine.apply([failed(job.record, fence, systemError('job_error', 'err_1'), () => 0.5, again)])
  for (const id of ['b', 'a']) {
    const due = (await engine.due('run_at', 10)).find((job) => job.id === id)
    if (!due) throw new Error(`${id} was expected to be due`)
    await engine.apply([
      {
        id,
        expect: { rev: due.rev },
        to: 'pending',
        set: { waitReason: null },
        event: { type: 'due', data: {} },
      },
    ])
  }
  const next = await engine.claim(aClaim())
  expect(next.jobs.map((job) => job.record.id)).toEqual(['c', 'b', 'a'])
})

test('a URL that names no file, an unknown setting or a wrong value says what to write', async () => {
  await expect(openSqlite('sqlite:')).rejects.toThrow('write sqlite:./waybill.db')
  await expect(openSqlite('sqlite:./x.db?sinchronous=full')).rejects.toThrow('Did you mean "synchronous"?')
  await expect(openSqlite('sqlite:./x.db?synchronous=maybe')).rejects.toThrow('full, normal or off')
})

test('jobs that come back keep the order of their return, also when the newest job was purged in between', async () => {
  const { url } = place()
  const engine = await open(url)
  await engine.insert(['a', 'b', 'newest'].map((id) => aJob({ id })))
  const { jobs, fence } = await engine.claim(aClaim())
  const [a, b, newest] = jobs.map((job) => job.record)
  if (!a || !b || !newest) throw new Error('three jobs were expected')
  await engine.apply([released(a, fence, 'test'), completed(newest, fence, null)])
  await engine.purge(1, 'newest')
  await engine.apply([released(b, fence, 'test')])
  expect((await engine.claim(aClaim())).jobs.map((job) => job.record.id)).toEqual(['a', 'b'])
})

test('jobs that come back keep the order of their return, however many came back before', async () => {
  const { url, dir } = place()
  const engine = await open(url)
  await engine.insert(['a', 'b', 'c'].map((id) => aJob({ id })))
  const file = new DatabaseSync(`${dir}/jobs.db`)
  file.exec(`UPDATE counters SET returns = ${ticketStep - 2}`)
  file.close()
  const { jobs, fence } = await engine.claim(aClaim())
  for (const { record } of jobs) await engine.apply([released(record, fence, 'test')])
  expect((await engine.claim(aClaim())).jobs.map((job) => job.record.id)).toEqual(['a', 'b', 'c'])
})

test('what a transaction noted of row numbers is forgotten when it does not happen', () => {
  const db = Db.open(':memory:')
  cleanups.push(() => db.close())
  const tx = new Tx(db)
  tx.memo.keep('job', { seq: 1, queue: 'q', createdAt: 0 })
  tx.undone()
  expect(tx.memo.get('job')).toBeUndefined()
})

test('what is past its time leaves no row behind: jobs, tombstones, keys, workers, roles', async () => {
  const { url, dir } = place()
  let offset = 0
  const engine = await openSqlite(url, { clockOffset: () => offset })
  cleanups.push(() => engine.close())
  await engine.migrate()
  const step = { key: 's', status: 'completed', attempt: 1, startedAt: 1, result: 1 } as const
  const line = { level: 'info', message: 'm', fields: null, attempt: 1, audience: 'owner' } as const
  await engine.insert([aJob({ id: 'a' }, { idempotency: { key: 'k', hash: 'h', keepMs: 1 } })])
  const { jobs, fence } = await engine.claim(aClaim())
  await engine.note([{ id: 'a', fence, progress: 0.5, steps: [step], logs: [line] }])
  await engine.apply(jobs.map((job) => completed(job.record, fence, 1)))
  await engine.enrol({ id: 'w', name: 'w', queues: [], slots: 1 }, 1)
  await engine.lead('role', 'w', 1)
  for (const days of [2, 40]) {
    offset = days * 86_400_000
    await engine.purge(10)
  }
  const file = new DatabaseSync(`${dir}/jobs.db`)
  cleanups.push(() => file.close())
  const tables = file.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all()
  const full = tables.map(({ name }) => String(name)).filter((name) => file.prepare(`SELECT 1 FROM ${name}`).get())
  expect(full.toSorted()).toEqual(['counters', 'queues', 'sqlite_sequence'])
})

// waybill copy, between real stores of all three kinds: everything arrives, twice changes nothing, and what would not be
// whole is refused.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freshDatabase, redisUrl, startProxy } from '@waybill/servers'
import { afterEach, expect, test } from 'vitest'
import { aClaim, aJob } from '../../engine/conformance/subject.ts'
import type { Engine } from '../../engine/engine.ts'
import { saved } from '../../engine/saved.ts'
import { emptied } from '../../engines/redis/fixture.ts'
import { openEngine } from '../../engines/registry.ts'
import { completed, failed, released, retried } from '../../job/decide.ts'
import { systemError } from '../../job/errors.ts'
import { ended, Place } from '../cli.fixture.ts'
import { run } from '../main.ts'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

function sqliteStore(): string {
  const dir = mkdtempSync(join(tmpdir(), 'waybill-copy-'))
  cleanups.push(() => rmSync(dir, { recursive: true, force: true }))
  return `sqlite:${join(dir, 'jobs.db')}`
}

async function postgresStore(): Promise<string> {
  const { url, drop } = await freshDatabase()
  cleanups.push(drop)
  return url
}

let made = 0
async function redisStore(settings = ''): Promise<string> {
  const url = `${await redisUrl()}?prefix=copy${process.pid}-${++made}:${settings}`
  cleanups.push(() => emptied(url))
  return url
}

async function opened<T>(url: string, use: (engine: Engine) => Promise<T>): Promise<T> {
  const engine = await openEngine(url)
  return use(engine).finally(() => engine.close())
}

async function copy(...words: string[]): Promise<{ code: number; out: string; talk: string }> {
  let [out, talk] = ['', '']
  const terminal = {
    out: (text: string) => void (out += text),
    say: (text: string) => void (talk += `${text}\n`),
    tty: false,
    columns: 80,
    colour: false,
    confirm: async () => false,
  }
  const code = await run(['copy', ...words], terminal, {}, tmpdir())
  return { code, out, talk }
}

/** A store with jobs in many states, a paused queue and a key. Answers the ids. */
async function filled(engine: Engine, plain = 450): Promise<string[]> {
  await engine.migrate()
  await engine.putDoc('queue', 'videos', { paused: true }, 0)
  await engine.putDoc('api_key', 'hash', { name: 'k' }, 0)
  await engine.putDoc('schedule', 'nightly', { cron: '0 3 * * *' }, 0)
  const ids: string[] = []
  const put = async (n: number, more: Parameters<typeof aJob>[1] = {}) => {
    const jobs = Array.from({ length: n }, () => aJob({ title: 'ü' }, more))
    await engine.insert(jobs)
    ids.push(...jobs.map(({ spec }) => spec.id))
  }
  await put(40)
  const { jobs, fence } = await engine.claim(aClaim({ max: 40, begins: 40 }))
  const line = { level: 'info', message: 'm', fields: null, attempt: 1, audience: 'owner' } as const
  await engine.note(jobs.map(({ record: { id } }) => ({ id, fence, progress: 0.5, logs: [line, line] })))
  const error = { ...systemError('job_error', 'err_1', 'oops'), retryable: false }
  const ends = [
    (job: (typeof jobs)[number]) => completed(job.record, fence, { of: job.record.id }),
    (job: (typeof jobs)[number]) => failed(job.record, fence, error, () => 0.5),
    (job: (typeof jobs)[number]) => released(job.record, fence, 'deploy'),
  ]
  await engine.apply(jobs.flatMap((job, i) => ends[i % ends.length]?.(job) ?? []))
  const [first] = await saved(engine, ids.slice(0, 1))
  const again = first && retried(first.record, { given: 'anew' })
  await engine.apply(again ? [again] : [])
  await put(plain)
  await put(10, { delayMs: 600_000 })
  return ids
}

const everything = (url: string, ids: string[]) =>
  opened(url, async (engine) => {
    const order = (await engine.list({ filter: {}, limit: 2_000, oldestFirst: true })).records.map(({ id }) => id)
    const kinds = ['queue', 'api_key', 'schedule']
    const docs = (await Promise.all(kinds.map((kind) => engine.docs(kind)))).flat()
    return { order, docs: docs.map(({ key, body }) => ({ key, body })), jobs: await saved(engine, ids) }
  })

test('SQLite → PostgreSQL → Redis → SQLite: all is there at the end as it was at the beginning', async () => {
  const stores = [sqliteStore(), await postgresStore(), await redisStore(), sqliteStore()]
  const [first = ''] = stores
  const ids = await opened(first, (engine) => filled(engine))
  const before = await everything(first, ids)
  for (const [i, to] of stores.entries()) {
    const from = stores[i - 1]
    if (from === undefined) continue
    const { code, out } = await copy(from, to, '--json')
    expect(JSON.parse(out)).toMatchObject({ copied: 500, present: 0, docs: 3, differences: [] })
    expect(code).toBe(0)
    expect(await everything(to, ids)).toEqual(before)
  }
})

test('to and from several shards of Redis', async () => {
  const [from, shards, back] = [sqliteStore(), await redisStore('&shards=3'), sqliteStore()]
  const ids = await opened(from, (engine) => filled(engine, 20))
  await copy(from, shards)
  expect((await copy(shards, back)).code).toBe(0)
  const [was, is] = [await everything(from, ids), await everything(back, ids)]
  expect({ ...is, order: [...is.order].toSorted() }).toEqual({ ...was, order: [...was.order].toSorted() })
})

test('run again it copies what is missing, and leaves what is there alone', async () => {
  const [from, to] = [sqliteStore(), sqliteStore()]
  const ids = await opened(from, (engine) => filled(engine, 20))
  await opened(from, async (engine) => {
    const some = await saved(engine, ids.slice(0, 30))
    await opened(to, async (other) => {
      await other.migrate()
      await other.restore(some)
    })
  })
  expect(await copy(from, to)).toMatchObject({ code: 0, out: expect.stringMatching(/copied +40\npresent +30\n/) })
  expect(await copy(from, to)).toMatchObject({ code: 0, out: expect.stringMatching(/copied +0\npresent +70\n/) })
  expect((await everything(to, ids)).jobs).toEqual((await everything(from, ids)).jobs)
})

test('a store that holds other jobs too is told apart, count by count, and the command ends with 1', async () => {
  const [from, to] = [sqliteStore(), sqliteStore()]
  await opened(from, (engine) => filled(engine, 20))
  await opened(to, async (engine) => {
    await engine.migrate()
    await engine.insert([aJob({ queue: 'other' })])
  })
  const { code, talk } = await copy(from, to)
  expect(code).toBe(1)
  expect(talk).toMatch(/other +pending +0 +1/)
})

test('a store with a worker, or with a job that runs, is refused', async () => {
  const [from, to] = [sqliteStore(), sqliteStore()]
  await opened(from, async (engine) => {
    await filled(engine, 1)
    await engine.enrol({ id: 'w', name: 'host-1', queues: [], slots: 1 }, 60_000)
    expect(await copy(from, to)).toMatchObject({ code: 1, talk: expect.stringContaining('host-1') })
    await engine.enrol({ id: 'w', name: 'host-1', queues: [], slots: 1 }, 0)
    await engine.claim(aClaim({ max: 2 }))
    expect(await copy(from, to)).toMatchObject({ code: 1, talk: expect.stringContaining('2 jobs are being run') })
  })
  await opened(to, async (engine) => expect((await engine.count({})).pending).toBe(0))
})

test('`-` is the configured engine', async () => {
  const [from, to] = [sqliteStore(), sqliteStore()]
  await opened(from, (engine) => filled(engine, 1))
  expect(await copy('-', to, '--engine', from)).toMatchObject({ code: 0, out: expect.stringMatching(/copied +51\n/) })
})

test('one store under two names is still one, and no store is none', async () => {
  const url = sqliteStore()
  await opened(url, (engine) => engine.migrate())
  expect(await copy(url, url)).toMatchObject({ code: 2, talk: expect.stringContaining('the same store') })
  const other = url.replace('jobs.db', '../' + url.split('/').at(-2) + '/jobs.db')
  expect(await copy(url, other)).toMatchObject({ code: 2, talk: expect.stringContaining('the same store') })
  expect(await copy(sqliteStore(), url)).toMatchObject({
    code: 2,
    talk: expect.stringContaining('there is no Waybill store'),
  })
  expect(await copy(url)).toMatchObject({ code: 2, talk: expect.stringContaining('<TO> is missing') })
})

test('killed half way and run again, nothing is missing and nothing is there twice', async () => {
  const [from, direct, back] = [await postgresStore(), await redisStore(), sqliteStore()]
  const ids = await opened(from, (engine) => filled(engine, 950))
  const proxy = await startProxy(Number(new URL(direct).port))
  cleanups.push(() => proxy.stop())
  proxy.latency(10) // so that the end does not come before the signal
  const place = new Place()
  cleanups.push(() => place.remove())
  await opened(direct, async (engine) => {
    await engine.migrate()
    const arriving = new Promise<void>((resolve) => cleanups.push(engine.watch(({ ids: some }) => some && resolve())))
    const child = place.start(['copy', from, direct.replace(/:\d+/, `:${proxy.port}`)])
    const gone = ended(child)
    await arriving
    child.kill('SIGKILL')
    await gone
    const { pending } = await engine.count({})
    expect(pending).toBeGreaterThan(0)
    expect(pending).toBeLessThan(950)
  })
  expect((await copy(from, direct)).code).toBe(0)
  expect((await copy(direct, back)).code).toBe(0)
  expect(await everything(back, ids)).toEqual(await everything(from, ids))
})

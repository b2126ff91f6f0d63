// The store is killed, cut off, silent, full or behind a pooler: calls fail within two seconds and say so, nothing that was
// acknowledged is lost, and everything goes on by itself when the store is back.
import { startPgBouncer, startPostgres, startProxy, type Server } from '@waybill/servers'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import type { Hint } from '../../engine/engine.ts'
import { completed, failed } from '../../job/decide.ts'
import { WaybillError } from '../../job/errors.ts'
import { pause, steadyClock } from '../../lib/clock.ts'
import type { PostgresEngine } from './engine.ts'
import { aClaim, aJob } from '../../engine/jobs.fixture.ts'
import { openPostgres } from './index.ts'

let server: Server
const opened: { close(): Promise<void> }[] = []

beforeAll(async () => {
  server = await startPostgres({ settings: { max_connections: '20' } })
  const engine = await openPostgres(server.url)
  await engine.migrate()
  await engine.close()
}, 60_000)

afterEach(async () => {
  for (const one of opened.splice(0).toReversed()) await one.close()
})

afterAll(() => server.stop())

async function open(url: string): Promise<PostgresEngine> {
  const engine = await openPostgres(url)
  opened.push(engine)
  return engine
}

async function proxied(): Promise<{ engine: PostgresEngine; proxy: Awaited<ReturnType<typeof startProxy>> }> {
  const proxy = await startProxy(server.port)
  opened.push({ close: () => proxy.stop() })
  return { engine: await open(server.url.replace(`:${server.port}`, `:${proxy.port}`)), proxy }
}

/** How long a call took to fail, which it must do as `engine_unavailable`. */
async function failsWithin(call: () => Promise<unknown>): Promise<number> {
  const start = steadyClock.now()
  const error: unknown = await call().then(
    () => null,
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(WaybillError)
  expect(error).toMatchObject({ code: 'engine_unavailable', retryAfter: 1 })
  return steadyClock.now() - start
}

async function works(engine: PostgresEngine, withinMs: number): Promise<void> {
  const until = steadyClock.now() + withinMs
  for (;;) {
    try {
      await engine.insert([aJob()])
      return
    } catch (error) {
      if (steadyClock.now() > until) throw error
    }
    await pause(steadyClock, 50, undefined, true)
  }
}

test('a server that is killed mid-load loses no acknowledged job, and work goes on when it is back', async () => {
  const engine = await open(server.url)
  const acknowledged: string[] = []
  let going = true
  const submit = async (): Promise<void> => {
    while (going) {
      const job = aJob()
      await engine.insert([job]).then(
        () => acknowledged.push(job.spec.id),
        () => pause(steadyClock, 20, undefined, true),
      )
    }
  }
  const submitters = Array.from({ length: 8 }, submit)
  await until(() => acknowledged.length > 200)
  await server.kill()
  expect(await failsWithin(() => engine.claim(aClaim()))).toBeLessThan(2_000)
  expect((await engine.health()).problem).not.toBeNull()
  await server.restart()
  const before = acknowledged.length
  await until(() => acknowledged.length > before + 100)
  going = false
  await Promise.all(submitters)
  const found = await engine.revs(acknowledged)
  expect(found.filter((rev) => rev === null)).toEqual([])
}, 60_000)

test('a connection that swallows everything fails within two seconds, and heals', async () => {
  const { engine, proxy } = await proxied()
  await engine.insert([aJob()])
  proxy.blackhole(true)
  const calls = [
    () => engine.insert([aJob()]),
    () => engine.claim(aClaim()),
    () => engine.get(['x']),
    () => engine.apply([]).then(() => engine.note([{ id: 'x', fence: 1 }])),
  ]
  for (const ms of await Promise.all(calls.map(failsWithin))) expect(ms).toBeLessThan(2_000)
  proxy.blackhole(false)
  await works(engine, 3_000)
}, 30_000)

test('a reply that is cut off is an error, and the next call is answered', async () => {
  const { engine, proxy } = await proxied()
  await engine.get(['nobody']) // a connection is open, and no hint is on its way
  proxy.swallowNextReply()
  expect(await failsWithin(() => engine.insert([aJob()]))).toBeLessThan(2_000)
  proxy.cut()
  await works(engine, 2_000)
}, 30_000)

test('when the server has no connection left, calls say so at once, and go on when there is one', async () => {
  const hogs = Array.from({ length: 18 }, () => new pg.Client(server.url))
  await Promise.allSettled(hogs.map((hog) => hog.connect()))
  const engine = await open(server.url)
  expect(await failsWithin(() => Promise.all(Array.from({ length: 4 }, () => engine.claim(aClaim()))))).toBeLessThan(
    2_000,
  )
  await Promise.allSettled(hogs.map((hog) => hog.end()))
  await works(engine, 3_000)
}, 30_000)

test('a watcher whose connection is cut hears again by itself', async () => {
  const { engine, proxy } = await proxied()
  const other = await open(server.url)
  const heard = (id: string) =>
    new Promise<string>((resolve) => {
      const stop = engine.watch((hint: Hint) => {
        if (!hint.ids?.includes(id)) return
        stop()
        resolve(id)
      })
    })
  const keep = engine.watch(() => undefined)
  const first = heard('before-cut')
  await sayUntil(other, 'before-cut', first)
  proxy.cut()
  const second = heard('after-cut')
  await sayUntil(other, 'after-cut', second)
  expect(await second).toBe('after-cut')
  keep()
}, 30_000)

test('behind PgBouncer in transaction mode, without LISTEN, jobs live their whole life', async () => {
  const bouncer = await startPgBouncer(server.url)
  opened.push({ close: () => bouncer.stop() })
  const engine = await open(`${bouncer.url}?schema=bounced`)
  await engine.migrate()
  let hints = 0
  const stop = engine.watch(() => hints++)
  const jobs = Array.from({ length: 50 }, (_, n) => aJob({ id: `b${n}` }))
  await Promise.all(jobs.map((job) => engine.insert([job])))
  const rounds = Array.from({ length: 10 }, async () => {
    const { jobs: leased, fence } = await engine.claim(aClaim({ max: 5 }))
    await engine.note(leased.slice(0, 2).map(({ record }) => ({ id: record.id, fence, progress: 0.5 })))
    const [first, ...rest] = leased
    const error = { code: 'x', message: 'x', retryable: false, ref: 'err', internal: null }
    const ends = rest.map(({ record }) => completed(record, fence, 1))
    await engine.apply([...ends, ...(first ? [failed(first.record, fence, error, () => 0.5, 'never')] : [])])
  })
  await Promise.all(rounds)
  expect(await engine.count({})).toMatchObject({ completed: 40, failed: 10, pending: 0, processing: 0 })
  const seen = hints
  const other = await open(`${server.url}?schema=bounced`)
  await other.insert([aJob()])
  await until(() => hints > seen)
  stop()
}, 60_000)

async function until(holds: () => boolean): Promise<void> {
  const last = steadyClock.now() + 20_000
  while (!holds()) {
    if (steadyClock.now() > last) throw new Error('it did not come about within 20 s')
    await pause(steadyClock, 10, undefined, true)
  }
}

// A watcher begins to hear a moment after it was asked to: the same is said again until it has.
async function sayUntil(engine: PostgresEngine, id: string, heard: Promise<string>): Promise<void> {
  let done = false
  void heard.then(() => (done = true))
  await engine.insert([aJob({ id })])
  const { jobs, fence } = await engine.claim(aClaim({ max: 1_000 }))
  for (let n = 1; !done; n++) {
    await engine.note(jobs.filter(({ record }) => record.id === id).map(() => ({ id, fence, progress: n / 1_000 })))
    await pause(steadyClock, 50, undefined, true)
  }
}

// What a process believes of the status cache: real Redis before real SQLite, several processes, each with a link of its
// own. The cache may hold anything; only what is at most two seconds old, and no older than what is known, is answered.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startRedis, type Server } from '@waybill/servers'
import { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { aClaim, aJob } from '../../src/engine/jobs.fixture.ts'
import { openEngine } from '../../src/engines/registry.ts'
import type { Engine } from '../../src/engine/engine.ts'
import { completed } from '../../src/job/decide.ts'
import { aProcess, figure, isUp, readOf, until, type Process } from './accelerated.fixture.ts'

let redis: Server
let admin: Redis
let dir: string
let url: string
const processes: Process[] = []
let bare: Engine

beforeAll(async () => {
  redis = await startRedis({ settings: { appendonly: 'no' } })
  admin = new Redis(redis.url)
})
afterAll(async () => {
  admin.disconnect()
  await redis.stop()
})
beforeEach(async () => {
  await admin.flushall()
  dir = mkdtempSync(join(tmpdir(), 'waybill-accelerator-'))
  url = `sqlite:${join(dir, 'jobs.db')}`
  bare = await openEngine(url)
  await bare.migrate()
})
afterEach(async () => {
  redis.resume() // should a test have failed while it stood still
  for (const one of processes.splice(0)) await one.close()
  await bare.close()
  rmSync(dir, { recursive: true, force: true })
})

async function up(store?: string): Promise<Process> {
  const one = await aProcess(url, redis.url, store === undefined ? {} : { store })
  processes.push(one)
  await until(isUp(one))
  return one
}

const keyOf = (id: string) => `wb:job_status:${id}`
const kept = async (id: string): Promise<Record<string, unknown> | null> => {
  const value: Record<string, unknown> | null = JSON.parse((await admin.get(keyOf(id))) ?? 'null')
  return value
}
const isKept = (id: string, rev: number) => async () => (await kept(id))?.['rev'] === rev

/** A running job, begun without the accelerator knowing. */
async function running(): Promise<{ id: string; fence: number }> {
  const job = aJob()
  await bare.insert([job])
  const { fence } = await bare.claim(aClaim())
  return { id: job.spec.id, fence }
}

describe('the status cache', () => {
  test('is filled by a read, as JSON that people can read, and answers the next reader in another process', async () => {
    const [a, b] = [await up(), await up()]
    const { id } = await running()
    const first = await readOf(a.reader, id)
    expect(first.source).toBe('engine')
    await until(isKept(id, 2))
    expect(await kept(id)).toMatchObject({ job_id: id, status: 'processing', rev: 2, user_id: 'user-1' })
    expect(await admin.ttl(keyOf(id))).toBeGreaterThan(290)
    expect(await readOf(b.reader, id)).toEqual({ record: first.record, source: 'cache' })
    expect(figure(b, 'waybill_accelerator_reads_total{outcome="hit"}')).toBe(1)
  })

  test('answers whole records: all there is of an ended job', async () => {
    const [a, b] = [await up(), await up()]
    const { id, fence } = await running()
    await bare.note([{ id, fence, progress: 0.25, stage: 'one', counts: { done: 1, total: 4, unit: 'pages' } }])
    const { record } = await readOf(a.reader, id)
    await bare.apply([completed(record, fence, { tags: [], empty: {}, half: 0.1 })])
    const ended = await readOf(b.engine, id)
    await until(isKept(id, ended.record.rev))
    expect(await readOf(a.reader, id)).toEqual({ record: ended.record, source: 'cache' })
  })

  test('is not believed about what another process announced to have changed', async () => {
    const [a, b] = [await up(), await up()]
    const { id, fence } = await running()
    await readOf(a.reader, id)
    await until(isKept(id, 2))
    const heard = new Promise<void>((resolve) => a.reader.watch(({ ids }) => ids?.includes(id) && resolve()))
    await b.engine.note([{ id, fence, progress: 0.5 }])
    await heard
    expect(await readOf(a.reader, id)).toMatchObject({ record: { rev: 3 }, source: 'engine' })
  })

  test('is not believed about what this process wrote or was told itself', async () => {
    const a = await up()
    const { id, fence } = await running()
    await readOf(a.reader, id)
    await until(isKept(id, 2))
    await bare.note([{ id, fence, progress: 0.5 }])
    await a.reader.revs([id])
    expect((await readOf(a.reader, id)).record.rev).toBe(3)
    await a.engine.note([{ id, fence, progress: 0.6 }])
    expect((await readOf(a.reader, id)).record.rev).toBe(4)
  })

  test('is not believed of what nobody has looked at for two seconds', async () => {
    const [a, b] = [await up(), await up()]
    const { id, fence } = await running()
    await readOf(a.reader, id)
    await until(isKept(id, 2))
    await bare.note([{ id, fence, progress: 0.5 }]) // by a process whose breaker is open, as it were
    await until(async () => (await readOf(b.reader, id)).source === 'engine')
    expect((await readOf(b.reader, id)).record.rev).toBe(3)
  })

  test('vouches for no later than the engine was asked, however late it is written', async () => {
    const [a, b] = [await up(), await up()]
    const { id } = await running()
    const { record } = await readOf(bare, id)
    a.accelerator.saw([record], a.accelerator.now - 2_001)
    await until(isKept(id, 2))
    expect((await readOf(b.reader, id)).source).toBe('engine')
  })

  test('is believed longer where the revs of watched jobs are looked at, by all processes', async () => {
    const [a, b] = [await up(), await up()]
    const { id } = await running()
    await readOf(a.reader, id)
    await until(isKept(id, 2))
    const first = String((await kept(id))?.['seen_at'])
    await until(async () => Date.now() - Date.parse(first) > 2_100)
    await a.reader.revs([id])
    await until(async () => String((await kept(id))?.['seen_at']) > first)
    expect((await readOf(b.reader, id)).source).toBe('cache')
  })

  test('keeps the newer rev when the older one is written later', async () => {
    const a = await up()
    const { id, fence } = await running()
    const { record: old } = await readOf(bare, id)
    await bare.note([{ id, fence, progress: 0.5 }])
    await readOf(a.reader, id)
    await until(isKept(id, 3))
    a.accelerator.saw([old], a.accelerator.now)
    const other = await running()
    await readOf(a.reader, other.id)
    await until(isKept(other.id, 2))
    expect(await kept(id)).toMatchObject({ rev: 3 })
  })

  test('does not renew an entry of another rev', async () => {
    const a = await up()
    const { id, fence } = await running()
    await readOf(a.reader, id)
    await until(isKept(id, 2))
    const before = await kept(id)
    await bare.note([{ id, fence, progress: 0.5 }])
    await a.reader.revs([id])
    const other = await running()
    await readOf(a.reader, other.id)
    await until(isKept(other.id, 2))
    expect(await kept(id)).toEqual(before)
  })

  test('of another store in the same Redis is never answered, though its job has the same id', async () => {
    const [a, b] = [await up('one'), await up('two')]
    const { id } = await running()
    await readOf(a.reader, id)
    await until(isKept(id, 2))
    expect((await readOf(b.reader, id)).source).toBe('engine')
  })

  test('may hold anything: what is no sound entry is as if it were not there', async () => {
    const a = await up()
    const { id } = await running()
    for (const value of ['', 'no json', '{}', '[]', '{"seen_at":"2026"}']) {
      await admin.set(keyOf(id), value)
      expect((await readOf(a.reader, id)).source).toBe('engine')
    }
    await until(isKept(id, 2))
    const text = (await admin.get(keyOf(id))) ?? ''
    await admin.set(keyOf(id), text.replace('"status":"processing"', '"status":"finished"'))
    expect((await readOf(a.reader, id)).source).toBe('engine')
    await admin.del(keyOf(id))
    await admin.lpush(keyOf(id), 'a list')
    expect((await readOf(a.reader, id)).source).toBe('engine')
  })

  test('does not keep what is too long for it', async () => {
    const a = await up()
    const [job, small] = [aJob({ metadata: { text: 'x'.repeat(70_000) } }), aJob()]
    await a.engine.insert([job, small])
    await until(isKept(small.spec.id, 1))
    expect(await kept(job.spec.id)).toBeNull()
  })
})

describe('news', () => {
  test('of an insert, a claim and an end reach other processes with the queue and the end', async () => {
    const [a, b] = [await up(), await up()]
    const hints: object[] = []
    b.accelerator.listen((hint) => hints.push(hint))
    const job = aJob({ queue: 'q' })
    const { id } = job.spec
    await a.engine.insert([job])
    const { jobs, fence } = await a.engine.claim(aClaim())
    await a.engine.apply(jobs.map(({ record }) => completed(record, fence, null)))
    await until(() => JSON.stringify(hints).includes(`"ended":["${id}"]`))
    expect(hints[0]).toMatchObject({ ids: [id], queues: ['q'] })
  })

  test('of one’s own are not heard again, nor those of another store, nor what is no message', async () => {
    const [a, b, c] = [await up('one'), await up('one'), await up('two')]
    const heard: (string[] | null)[] = []
    a.accelerator.listen(({ ids }) => heard.push(ids))
    await a.engine.insert([aJob()])
    await c.engine.insert([aJob()])
    await admin.publish('wb:changes', 'no message')
    await admin.publish('wb:changes', '{"from":1}')
    const last = aJob()
    await b.engine.insert([last])
    await until(() => heard.length > 0)
    expect(heard).toEqual([[last.spec.id]])
  })
})

describe('a Redis that stands still', () => {
  test('is asked five times, then no more until a probe is answered; the engine answers meanwhile', async () => {
    const a = await up()
    const { id } = await running()
    await readOf(a.reader, id)
    await until(isKept(id, 2))
    redis.pause()
    const states: string[] = []
    for (let i = 0; i < 7; i++) {
      expect((await a.accelerator.look([id])).size).toBe(0)
      states.push(a.accelerator.state)
    }
    expect(states.slice(0, 3)).toEqual(['up', 'up', 'up']) // a write that was under way may be one of the five
    expect(states.slice(4)).toEqual(['down', 'down', 'down'])
    expect(figure(a, 'waybill_accelerator_errors_total')).toBe(5)
    expect(await readOf(a.reader, id)).toMatchObject({ record: { rev: 2 }, source: 'engine' })
    redis.resume()
    await until(isUp(a))
    await readOf(a.reader, id)
    await until(async () => (await readOf(a.reader, id)).source === 'cache')
  })

  test('never makes a writer wait', async () => {
    const a = await up()
    redis.pause()
    const job = aJob()
    await a.engine.insert([job])
    const { jobs, fence } = await a.engine.claim(aClaim())
    await a.engine.apply(jobs.map(({ record }) => completed(record, fence, null)))
    expect(figure(a, 'waybill_accelerator_errors_total')).toBeLessThan(3) // as many as were awaited
    expect((await readOf(bare, job.spec.id)).record.status).toBe('completed')
    redis.resume()
  })

  test('may write two seconds late what it was sent before: it is not believed', async () => {
    const [a, b] = [await up(), await up()]
    const { id, fence } = await running()
    redis.pause()
    await readOf(a.reader, id) // its entry, of rev 2, is on its way from now on
    const sentAt = Date.now()
    await bare.note([{ id, fence, progress: 0.5 }])
    await until(() => Date.now() - sentAt > 2_000)
    redis.resume()
    await until(isKept(id, 2))
    await until(isUp(b))
    expect(await readOf(b.reader, id)).toMatchObject({ record: { rev: 3 }, source: 'engine' })
  })

  test('and a process that closes leave nothing behind', async () => {
    const before = await connections()
    const a = await up()
    redis.pause()
    await a.accelerator.look(['nobody'])
    await a.close()
    processes.pop()
    redis.resume()
    await expect.poll(connections).toBe(before)
  })
})

const connections = async (): Promise<number> =>
  String(await admin.client('LIST'))
    .trim()
    .split('\n').length

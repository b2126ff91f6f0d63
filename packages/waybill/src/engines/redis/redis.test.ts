// What is this engine's own: which servers it takes, what it says of their durability, scripts that Redis has forgotten,
// keys that a person can read, lists after expiry, a queue of a hundred thousand.
import { redisUrl, startRedis, type Server } from '@waybill/servers'
import { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { aClaim, aJob } from '../../engine/conformance/subject.ts'
import { completed, failed } from '../../job/decide.ts'
import type { JobError } from '../../job/errors.ts'
import { newId } from '../../lib/ids.ts'
import { emptied } from './fixture.ts'
import { openRedis, type RedisEngine } from './index.ts'

let made = 0
let url = ''
let offset = 0
let engine: RedisEngine
let client: Redis

beforeAll(async () => void (client = new Redis(await redisUrl())))
afterAll(() => client.quit())

async function fresh(): Promise<void> {
  offset = 0
  url = `${await redisUrl()}?prefix=r${process.pid}-${++made}:`
  engine = await openRedis(url, { clockOffset: () => offset })
  await engine.migrate()
}
async function gone(): Promise<void> {
  await engine.close()
  await emptied(url)
}
const prefix = () => `r${process.pid}-${made}:{0}`
const oops: JobError = { code: 'job_error', message: 'oops', retryable: true, ref: 'err_1', internal: null }

describe('a store', () => {
  afterEach(gone)

  test('keeps a job as three lines of JSON that a person can read', async () => {
    await fresh()
    await engine.insert([aJob({ id: 'one', userId: 'ada', title: 'A film' }, { inputJson: '{"n":1}' })])
    const [state = '', spec = '', input = ''] = (await client.get(`${prefix()}:one`))?.split('\n') ?? []
    expect(JSON.parse(state)).toEqual({ status: 'pending', rev: 1 })
    expect(JSON.parse(spec)).toMatchObject({ n: 1, queue: 'default', type: 'demo', user_id: 'ada', title: 'A film' })
    expect(JSON.parse(input)).toEqual({ n: 1 })
    const { jobs, fence } = await engine.claim(aClaim())
    await engine.apply(jobs.map(({ record }) => completed(record, fence, { pages: 3 })))
    const end: unknown = JSON.parse((await client.hget(`${prefix()}.done`, '1')) ?? 'null')
    expect(end).toMatchObject({ fence, worker_id: 'worker-1', result: { pages: 3 } })
  })

  test('goes on when Redis has forgotten its scripts', async () => {
    await fresh()
    await engine.insert([aJob()])
    await client.script('FLUSH')
    const { jobs, fence } = await engine.claim(aClaim())
    await client.script('FLUSH')
    const { applied } = await engine.apply(jobs.map(({ record }) => completed(record, fence, null)))
    expect(applied).toMatchObject([{ outcome: 'applied', rev: 3 }])
  })

  test('lists by owner, status and queue are right after expiry, and nothing of the jobs is left but tombstones', async () => {
    await fresh()
    const jobs = Array.from({ length: 300 }, (_, i) =>
      aJob({ userId: `user-${i % 3}`, queue: `q${i % 2}`, subject: `s${i % 5}` }),
    )
    await engine.insert(jobs)
    for (let claimed = 0; claimed < 300; ) {
      const { jobs: leased, fence } = await engine.claim(aClaim({ max: 100, begins: 100 }))
      claimed += leased.length
      await engine.apply(
        leased.map(({ record }, i) =>
          i % 2 === 0 ? completed(record, fence, null) : failed(record, fence, oops, () => 0.5, 'never'),
        ),
      )
    }
    await engine.insert([aJob({ userId: 'user-1', queue: 'q0' })])
    offset += 2 * 86_400_000 // completed jobs are kept for a day, failed ones for seven
    expect(await engine.purge(1_000)).toBe(150)
    expect(await engine.count({})).toMatchObject({ completed: 0, failed: 150, pending: 1 })
    expect((await engine.list({ filter: { status: ['completed'] }, limit: 10 })).records).toEqual([])
    const own = (await engine.list({ filter: { userId: 'user-1' }, limit: 500 })).records
    expect(own.every(({ userId }) => userId === 'user-1')).toBe(true)
    expect(own.length).toBe(
      (await engine.list({ filter: {}, limit: 500 })).records.filter((r) => r.userId === 'user-1').length,
    )
    offset += 7 * 86_400_000
    expect(await engine.purge(1_000)).toBe(150)
    expect((await engine.list({ filter: {}, limit: 10 })).records).toHaveLength(1)
    const left = await client.keys(`${prefix()}*`)
    const kind = /\.(timeline|steps|logs|expiring|done|in|subject):?/
    expect(left.filter((key) => kind.test(key))).toEqual([])
  })

  test('jobs that come after all before them were purged are found in every list', async () => {
    await fresh()
    const first = aJob({ userId: 'ada' })
    await engine.insert([first])
    const { jobs, fence } = await engine.claim(aClaim())
    await engine.apply(jobs.map(({ record }) => completed(record, fence, null)))
    await engine.purge(10, first.spec.id)
    await engine.insert([aJob({ id: 'later', userId: 'ada' })])
    const { records } = await engine.list({ filter: { userId: 'ada' }, limit: 10 })
    expect(records.map(({ id }) => id)).toEqual(['later'])
  })

  test('a claim from a hundred thousand waiting jobs takes the oldest', async () => {
    await fresh()
    for (let i = 0; i < 100; i++)
      await engine.insert(Array.from({ length: 1_000 }, (_, k) => aJob({ id: `j${i * 1_000 + k}` })))
    expect(await engine.count({ queue: 'default' })).toMatchObject({ pending: 100_000 })
    const { jobs } = await engine.claim(aClaim({ max: 3 }))
    expect(jobs.map(({ record }) => record.id)).toEqual(['j0', 'j1', 'j2'])
  })

  test('what was cancelled while it waited is skipped by the claim, whatever comes under its id later', async () => {
    await fresh()
    await engine.insert([aJob({ id: 'a' }), aJob({ id: 'b' })])
    const [found] = await engine.get(['a'])
    if (!found || 'gone' in found) throw new Error('job a was expected')
    await engine.apply([
      { id: 'a', expect: { rev: 1 }, to: 'cancelled', set: {}, keepMs: 0, event: { type: 'cancelled', data: {} } },
    ])
    await engine.purge(10, 'a')
    offset += 31 * 86_400_000
    await engine.insert([aJob({ id: 'a' })])
    const { jobs } = await engine.claim(aClaim())
    expect(jobs.map(({ record }) => record.id)).toEqual(['b', 'a'])
    expect((await engine.claim(aClaim())).jobs).toEqual([])
  })
})

describe('a job that comes while a worker waits', () => {
  let submitter: RedisEngine
  beforeEach(async () => {
    await fresh()
    submitter = await openRedis(url)
  })
  afterEach(async () => {
    await submitter.close()
    await gone()
  })

  /** The engine of a worker that has asked in vain and listens; resolves when it is told of a queue. */
  async function waiting(queues: string[] = []): Promise<{ told: Promise<void> }> {
    const listened = new Promise<void>((resolve) =>
      engine.watch(({ queues: all }) => (all === null ? resolve() : undefined), 'workers'),
    )
    await listened // the connection for hints is there
    const told = new Promise<void>((resolve) =>
      engine.watch(({ queues: some }) => (some?.length ? resolve() : undefined), 'workers'),
    )
    expect((await engine.claim(aClaim({ queues }))).jobs).toEqual([])
    return { told }
  }

  test('is leased to it at once, and the next claim finds it without asking', async () => {
    const { told } = await waiting()
    await submitter.insert([aJob({ id: 'one' }, { inputJson: '{"n":7}' })])
    expect(await submitter.get(['one'])).toMatchObject([
      { record: { status: 'processing', lease: { workerId: 'worker-1' } } },
    ])
    await told
    const { jobs, fence } = await engine.claim(aClaim())
    expect(jobs).toMatchObject([{ record: { id: 'one', attempt: 1, lease: { held: false } }, inputJson: '{"n":7}' }])
    const { applied } = await engine.apply(jobs.map(({ record }) => completed(record, fence, null)))
    expect(applied).toMatchObject([{ outcome: 'applied', rev: 3 }])
  })

  test('is not handed to a worker of other queues, nor from a paused one', async () => {
    await waiting(['films'])
    await submitter.insert([aJob({ id: 'one' })])
    await submitter.putDoc('queue', 'films', { paused: true }, null)
    await submitter.insert([aJob({ id: 'two', queue: 'films' })])
    expect(await submitter.get(['one', 'two'])).toMatchObject([
      { record: { status: 'pending' } },
      { record: { status: 'pending' } },
    ])
  })

  test('does not pass by others that wait in its queue', async () => {
    await waiting()
    await submitter.insert([aJob({ id: 'one' }), aJob({ id: 'two' })]) // together: by the lane
    await submitter.insert([aJob({ id: 'three' })])
    const { jobs } = await engine.claim(aClaim())
    expect(jobs.map(({ record }) => record.id)).toEqual(['one', 'two', 'three'])
  })

  test('is there for the next call when one fails', async () => {
    const { told } = await waiting()
    await submitter.insert([aJob({ id: 'one' })])
    await told
    const fence = 1
    const unfit = {
      id: 'one',
      expect: { fence },
      to: 'completed',
      set: {},
      event: { type: 'completed', data: {} },
    } as const
    const fails = { ...unfit, set: { result: [1, 2, 3] } }
    Object.assign(fails.set.result, {
      toJSON: () => {
        throw new TypeError('no JSON')
      },
    })
    await expect(engine.apply([fails], aClaim())).rejects.toThrow('no JSON')
    expect((await engine.claim(aClaim())).jobs).toMatchObject([{ record: { id: 'one' } }])
  })

  test('goes back unharmed when its process closes', async () => {
    const { told } = await waiting()
    await submitter.insert([aJob({ id: 'one' })])
    await told
    await engine.close()
    expect(await submitter.get(['one'])).toMatchObject([{ record: { status: 'pending', attempt: 0 } }])
  })

  test('waits for anyone when that worker has gone', async () => {
    await waiting()
    await engine.close()
    await vi.waitFor(async () => {
      const id = newId()
      await submitter.insert([aJob({ id })])
      expect(await submitter.get([id])).toMatchObject([{ record: { status: 'pending' } }])
    })
  })

  test('goes back unharmed when nobody asks for it, and when the worker signs off', async () => {
    const { told } = await waiting()
    await submitter.insert([aJob({ id: 'one' })])
    await told
    await engine.enrol({ id: 'worker-1', name: 'w', queues: [], slots: 1 }, 0)
    await vi.waitFor(async () =>
      expect(await submitter.get(['one'])).toMatchObject([{ record: { status: 'pending', attempt: 0, losses: 0 } }]),
    )
    expect((await submitter.claim(aClaim())).jobs).toHaveLength(1)
  })
})

describe('a server', () => {
  let server: Server | null = null
  afterEach(async () => {
    await server?.stop()
    server = null
  })
  const withSettings = async (settings: Record<string, string>): Promise<string> => {
    server = await startRedis({ settings })
    return server.url
  }

  test.each([
    [{ appendonly: 'yes', appendfsync: 'always' }, 'durable'],
    [{ appendonly: 'yes', appendfsync: 'everysec' }, 'relaxed'],
    [{ appendonly: 'no' }, 'volatile'],
  ])('with %o is called %s', async (settings, durability) => {
    const own = await openRedis(await withSettings(settings))
    await own.migrate()
    expect(await own.health()).toEqual({ kind: 'redis', durability, problem: null })
    await own.close()
  })

  test('that evicts keys is refused, and noticed when it begins to', async () => {
    const base = await withSettings({ maxmemory: '100mb', 'maxmemory-policy': 'allkeys-lru' })
    await expect(openRedis(base)).rejects.toThrow('maxmemory-policy is allkeys-lru, which deletes jobs')
    const admin = new Redis(base)
    await admin.config('SET', 'maxmemory-policy', 'noeviction')
    const own = await openRedis(base)
    await own.migrate()
    await admin.config('SET', 'maxmemory-policy', 'allkeys-random')
    expect((await own.health()).problem).toContain('allkeys-random')
    await admin.quit()
    await own.close()
  })

  test('that keeps nothing is refused where durability was asked for', async () => {
    const base = await withSettings({ appendonly: 'no' })
    await expect(openRedis(`${base}?durability=durable`)).rejects.toThrow('the server has appendonly no')
  })

  test('that is full refuses submits as engine_unavailable, and still answers reads', async () => {
    const base = await withSettings({ maxmemory: '3mb', 'maxmemory-policy': 'noeviction' })
    const own = await openRedis(base)
    await own.migrate()
    const fill = async (): Promise<void> => {
      for (let i = 0; i < 200; i++)
        await own.insert(Array.from({ length: 20 }, () => aJob({}, { inputJson: JSON.stringify('x'.repeat(2_000)) })))
    }
    await expect(fill()).rejects.toMatchObject({ code: 'engine_unavailable' })
    expect((await own.list({ filter: {}, limit: 1 })).records).toHaveLength(1)
    await own.close()
  })

  test('that is not there is engine_unavailable within about two seconds, with its address and why, without the password', async () => {
    const began = performance.now()
    for (const place of ['127.0.0.1:1', '127.0.0.1:1,127.0.0.1:2', '127.0.0.1:1?sentinel=m'])
      await expect(openRedis(`redis://ada:secret@${place}`)).rejects.toMatchObject({
        code: 'engine_unavailable',
        message: expect.stringMatching(/^Redis at 127\.0\.0\.1:1.* cannot be reached(?!.*secret)/),
      })
    expect(performance.now() - began).toBeLessThan(7_500)
  })
})

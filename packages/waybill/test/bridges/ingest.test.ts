// What foreign writers say, word by word.
import { afterEach, describe, expect, test } from 'vitest'
import { statusHash, type StatusHashOptions } from '../../src/bridges/index.ts'
import { defineJob } from '../../src/index.ts'
import { aSite, engines, until, type Site } from './site.fixture.ts'

const render = defineJob<object, object>({ type: 'render', queue: 'renders', retry: { attempts: 1 } })

describe.each(engines)('foreign words on %s', (_, open) => {
  let site: Site
  afterEach(() => site.close())
  const begin = async (options: StatusHashOptions = {}, more: Parameters<typeof defineJob>[0] | null = null) => {
    const job = more ? defineJob(more) : render
    site = await aSite(open, (redis) => ({ jobs: [job], bridges: [statusHash({ redis, ingest: true, ...options })] }))
    const ids = (await site.waybill.enqueueMany(job, [{}, {}, {}], { userId: 'u1' })).map(({ id }) => id)
    await until(async () => (await site.redis.keys('job:*')).length === 3)
    return ids
  }
  const say = (id: string, fields: Record<string, string>) => site.redis.hset(`job:${id}`, fields)
  const became = (id: string, status: string) =>
    until(async () => {
      const job = await site.waybill.get(id)
      return job?.status === status && job
    })

  test('the last of a queue may be begun first; progress and result are the job’s', async () => {
    const [, second = '', last = ''] = await begin()
    await say(last, { status: 'processing', progress: '0.4', progress_message: 'Drawing' })
    const job = await until(async () => {
      const now = await site.waybill.get(last)
      return now?.progress === 0.4 && now
    })
    expect(job).toMatchObject({ status: 'processing', attempt: 1, progressMessage: 'Drawing' })
    await say(last, { status: 'completed', url: '/a.mp4', frames: '25' })
    expect((await became(last, 'completed')).result).toEqual({ url: '/a.mp4', frames: '25' })
    await say(second, { status: 'completed' })
    expect((await became(second, 'completed')).result).toBeNull()
  })

  test('in words of the team’s own', async () => {
    const [id = ''] = await begin({
      status: { processing: 'IN_PROGRESS', failed: 'ERROR' },
      fields: { error_message: 'reason' },
      progress: 'percent',
    })
    await say(id, { status: 'IN_PROGRESS', progress: '40' })
    await until(async () => (await site.waybill.get(id))?.progress === 0.4)
    await say(id, { status: 'ERROR', reason: 'No ink.' })
    expect((await became(id, 'failed')).error).toMatchObject({ message: 'No ink.', retryable: false })
    const hash = await site.redis.hgetall(`job:${id}`)
    expect(hash).toMatchObject({ status: 'ERROR', reason: 'No ink.' })
  })

  test('an unknown word changes nothing, is logged, and gives way to the truth', async () => {
    const [id = ''] = await begin()
    await say(id, { status: 'thinking' })
    await until(async () => (await site.redis.hget(`job:${id}`, 'status')) === 'pending')
    expect((await site.waybill.get(id))?.rev).toBe(1)
    expect(site.said.join()).toContain('a status that is not known')
  })

  test('a word about a job that has ended changes nothing', async () => {
    const [id = ''] = await begin()
    await site.waybill.cancel(id)
    await until(async () => (await site.redis.hget(`job:${id}`, 'status')) === 'cancelled')
    await say(id, { status: 'completed', url: '/late.mp4' })
    await site.waybill.retry(id)
    await until(async () => (await site.redis.hget(`job:${id}`, 'waybill_rev')) === '3')
    expect(await site.waybill.get(id)).toMatchObject({ status: 'pending', rev: 3 })
  })

  test('what cannot be kept fails its own job, and no other', async () => {
    const [one = '', two = '', three = ''] = await begin()
    await say(one, { status: 'completed', text: 'a\0b' })
    await say(two, { status: 'completed', waybill_mark: 'by hand', __proto__: 'x' })
    await say(three, { status: 'failed', error_message: 'No\0 ink.' })
    expect((await became(one, 'failed')).error?.internal?.message).toContain('NUL')
    expect((await became(two, 'completed')).result).toBeNull()
    expect((await became(three, 'failed')).error?.message).toBe('No ink.')
  })

  test('where Redis tells of writes, they are heard at once', async () => {
    const [id = ''] = await begin()
    await site.redis.config('SET', 'notify-keyspace-events', 'Kh')
    await say(id, { status: 'processing' })
    await became(id, 'processing')
    await say(id, { status: 'completed' })
    expect((await became(id, 'completed')).attempt).toBe(1)
  })

  test('a worker that goes on past the hard limit has timed out', async () => {
    const [id = ''] = await begin({}, { type: 'short', timeout: '200ms', retry: { attempts: 1 } })
    await say(id, { status: 'processing' })
    await became(id, 'processing')
    const failed = await until(async () => {
      await say(id, { progress: String(Math.random()), status: 'processing' })
      const job = await site.waybill.get(id)
      return job?.status === 'failed' && job
    })
    expect(failed.error?.code).toBe('timeout')
  })

  test('another process goes on when the one that led is closed', async () => {
    const [id = ''] = await begin()
    if (site.store.url.includes(':memory:')) return // one process alone
    const other = site.another()
    await other.enqueue(render, {})
    await site.waybill.close()
    await say(id, { status: 'completed' })
    const job = await until(async () => {
      const now = await other.get(id)
      return now?.status === 'completed' && now
    })
    expect(job.attempt).toBe(1)
  })
})

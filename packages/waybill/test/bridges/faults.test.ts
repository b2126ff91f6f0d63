// What bridges owe when Redis goes away, when a write comes late, and when several processes have the same bridges.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { list, statusHash } from '../../src/bridges/index.ts'
import { serve, type Served } from '../../src/http/index.ts'
import { defineJob } from '../../src/index.ts'
import { Translators } from './python.fixture.ts'
import { aSite, engines, idsIn, leaseOverHttp, until, type Site } from './site.fixture.ts'

const translate = defineJob<{ text: string }, object>({
  type: 'translate',
  queue: 'translations',
  retry: { attempts: 1 },
})
const key = 'translation_jobs'

describe.each(engines)('bridges under faults on %s', (_, open) => {
  let site: Site
  let translators: Translators
  let served: Served | null = null
  beforeEach(() => {
    translators = new Translators()
  })
  afterEach(async () => {
    await translators.stop()
    await served?.close()
    served = null
    await site.close()
  })
  const begin = async (silence = '10s', redispatch = '20s') => {
    site = await aSite(open, (redis) => ({
      jobs: [translate],
      bridges: [statusHash({ redis, ingest: { silence } }), list({ key, queues: ['translations'], redis, redispatch })],
    }))
  }
  const enqueue = async (n: number) => {
    const inputs = Array.from({ length: n }, (__, i) => ({ text: `t${i}` }))
    return (await site.waybill.enqueueMany(translate, inputs)).map(({ id }) => id)
  }
  const counts = async () => (await site.waybill.parts()).engine.count({})
  const allCompleted = (n: number) => until(async () => (await counts()).completed === n)

  test('several workers on one list: each job once', async () => {
    await begin()
    for (let i = 0; i < 3; i++) translators.start(site.server.url, key)
    const ids = await enqueue(60)
    await allCompleted(60)
    expect(translators.began.toSorted()).toEqual(ids.toSorted())
    expect(await until(async () => (await site.redis.hget(`job:${ids[0]}`, 'translated')) ?? null)).toBe('T0')
  })

  test('Redis absent: jobs are accepted, stay pending, are served over HTTP, and are pushed on recovery', async () => {
    await begin()
    await site.server.kill()
    const ids = await enqueue(5)
    expect((await counts()).pending).toBe(5)
    served = await serve(site.waybill, { port: 0 })
    expect(await leaseOverHttp(served.url, 'translations')).toBe(ids[0])
    await site.server.restart()
    const pushed = await until(async () => {
      const all = await site.redis.lrange(key, 0, -1).catch(() => [])
      return all.length === 4 && all
    })
    expect(idsIn(pushed)).toEqual(ids.slice(1))
  })

  test('a job that is taken over HTTP leaves the list', async () => {
    await begin()
    await enqueue(2)
    await until(async () => (await site.redis.llen(key)) === 2)
    served = await serve(site.waybill, { port: 0 })
    await leaseOverHttp(served.url, 'translations')
    expect(await until(async () => (await site.redis.llen(key)) === 1)).toBe(true)
  })

  test('Redis is killed and comes back under load: no job is lost', async () => {
    await begin('2s', '1s')
    for (let i = 0; i < 2; i++) translators.start(site.server.url, key, 0.01)
    await enqueue(40)
    await until(async () => (await counts()).completed > 5)
    await site.server.kill()
    await enqueue(40)
    await site.server.restart()
    await allCompleted(80)
    expect((await counts()).failed).toBe(0)
  })

  test('what Redis missed is written when it is back', async () => {
    await begin()
    const [id = ''] = await enqueue(1)
    await until(async () => (await site.redis.hget(`job:${id}`, 'status')) === 'pending')
    await site.server.kill()
    await site.waybill.cancel(id)
    await site.server.restart()
    const status = await until(async () => {
      const now = await site.redis.hget(`job:${id}`, 'status').catch(() => null)
      return now !== 'pending' && now
    })
    expect(status).toBe('cancelled')
  })

  test('what Redis has forgotten is there again when it is back', async () => {
    await begin()
    const ids = await enqueue(3)
    const isWhole = async () => (await site.redis.llen(key)) === 3 && (await site.redis.keys('job:*')).length === 3
    await until(isWhole)
    await site.redis.flushall()
    await site.server.kill()
    await site.server.restart()
    await until(() => isWhole().catch(() => false))
    expect(idsIn(await site.redis.lrange(key, 0, -1))).toEqual(ids)
  })
})

// The preset `list`: an unmodified Python loop works for Waybill.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { list, statusHash } from '../../src/bridges/index.ts'
import { defineJob } from '../../src/index.ts'
import { kill, Translators } from './python.fixture.ts'
import { aSite, engines, idsIn, until, type Site } from './site.fixture.ts'

interface Input {
  text: string
  target_lang?: string
  source_lang?: string
  target_fields?: string[]
}

const translate = defineJob<Input, object>({ type: 'translate', queue: 'translations', retry: { attempts: 1 } })
const key = 'translation_jobs'

describe.each(engines)('list on %s', (_, open) => {
  let site: Site
  let translators: Translators
  beforeEach(() => {
    translators = new Translators()
  })
  afterEach(async () => {
    await translators.stop()
    await site.close()
  })
  const begin = async (silence = '10s', redispatch = '30s') => {
    site = await aSite(open, (redis) => ({
      jobs: [translate],
      bridges: [statusHash({ redis, ingest: { silence } }), list({ key, queues: ['translations'], redis, redispatch })],
    }))
  }
  const messages = (n: number) =>
    until(async () => {
      const all = await site.redis.lrange(key, 0, -1)
      return all.length === n && all
    })
  const status = async (id: string) => (await site.waybill.get(id))?.status

  test('a pending job waits in the list, its empty fields left out', async () => {
    await begin()
    const { id } = await site.waybill.enqueue(translate, { text: 'a', source_lang: '', target_fields: [] })
    const [message = ''] = await messages(1)
    expect(JSON.parse(message)).toEqual({ job_id: id, text: 'a' })
    await site.waybill.cancel(id)
    expect(await messages(0)).toEqual([])
  })

  test('a foreign worker takes jobs, and its words become their truth', async () => {
    await begin()
    translators.start(site.server.url, key)
    const good = await site.waybill.enqueue(translate, { text: 'hello', target_lang: 'en' })
    const bad = await site.waybill.enqueue(translate, { text: 'hello', target_lang: 'xx' })
    expect(await site.waybill.result(good)).toEqual({ translated: 'HELLO', target_lang: 'en' })
    const failed = await until(async () => {
      const job = await site.waybill.get(bad.id)
      return job?.status === 'failed' && job
    })
    expect(failed.error?.message).toBe('No such language.')
    expect(failed.attempt).toBe(1)
    expect(translators.began.toSorted()).toEqual([good.id, bad.id].toSorted())
  })

  test('a job whose worker was killed is pushed again once its lease has run out', async () => {
    await begin('1s')
    const first = translators.start(site.server.url, key, 60)
    const { id } = await site.waybill.enqueue(translate, { text: 'hello' })
    await until(async () => (await status(id)) === 'processing')
    await kill(first)
    translators.start(site.server.url, key)
    await until(async () => (await status(id)) === 'completed')
    expect(translators.began).toEqual([id, id])
  })

  test('a job that was taken and never begun is pushed again; one that waits is not', async () => {
    await begin('10s', '1s')
    const one = await site.waybill.enqueue(translate, { text: 'one' })
    const two = await site.waybill.enqueue(translate, { text: 'two' })
    await messages(2)
    await site.redis.lpop(key)
    const again = await until(async () => {
      const all = await site.redis.lrange(key, 0, -1)
      return all.length === 2 && all
    })
    expect(idsIn(again)).toEqual([two.id, one.id])
  })

  test('jobs of a paused queue are not pushed before it goes on', async () => {
    await begin()
    const { operate, bridges } = await site.waybill.parts()
    const pause = (paused: boolean) => operate.queues.change('translations', (said) => ({ ...said, paused }))
    await pause(true)
    const held = await site.waybill.enqueue(translate, { text: 'held' })
    await until(async () => (await bridges.verify(10)).looked === 1) // the hash is there, so the list had its turn
    await until(async () => (await site.redis.hget(`job:${held.id}`, 'status')) === 'pending')
    expect(await site.redis.llen(key)).toBe(0)
    await pause(false)
    expect(idsIn(await messages(1))).toEqual([held.id])
  })
})

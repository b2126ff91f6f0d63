// The scripts of the mirrors alone: never back, and never over a word that was not heard.
import { startRedis, type Server } from '@waybill/servers'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { hear } from '../../src/bridges/hear.ts'
import { Keys } from '../../src/bridges/keys.ts'
import { Link } from '../../src/bridges/link.ts'
import { writeHashes } from '../../src/bridges/mirror-hash.ts'
import { TextMirror } from '../../src/bridges/mirror-text.ts'
import { Wording } from '../../src/bridges/wording.ts'
import { aRecord, now } from '../../src/job/record.fixture.ts'
import { systemClock } from '../../src/lib/clock.ts'

let server: Server
let redis: Redis
let link: Link
beforeAll(async () => {
  server = await startRedis()
  redis = new Redis(server.url)
  link = new Link(server.url)
  await link.ready(systemClock)
})
beforeEach(() => redis.flushall())
afterAll(async () => {
  link.close()
  redis.disconnect()
  await server.stop()
})

const keys = new Keys('job:{job_id}', 'test')
const hash = () => ({ link, keys, wording: new Wording({}, 'test'), ttlMs: 60_000 })
const write = async (record: Parameters<typeof aRecord>[0], heard = '') =>
  (await writeHashes(hash(), [aRecord(record)], () => heard))[0]
const words = () => hear(hash(), [{ id: 'j', queue: 'q' }])

describe('hashes', () => {
  test('a late older write changes nothing', async () => {
    expect(await write({ rev: 5, status: 'completed', result: { text: 'a' } })).toBe('written')
    const before = await redis.hgetall('job:j')
    expect(await write({ rev: 4, status: 'processing' })).toBe('older')
    expect(await write({ rev: 5, status: 'processing' })).toBe('older')
    expect(await redis.hgetall('job:j')).toEqual(before)
  })

  test('a later job of the same id begins anew, and the earlier one is over', async () => {
    await write({ rev: 5, createdAt: now - 5_000 })
    expect(await write({ rev: 1, createdAt: now, status: 'pending' })).toBe('written')
    expect(await write({ rev: 6, createdAt: now - 5_000 })).toBe('older')
  })

  test('fields of an earlier state are gone, those of others stay', async () => {
    await write({ rev: 5, status: 'completed', result: { text: 'a' }, progress: 1 })
    await redis.hset('job:j', 'note', 'by hand')
    await write({ rev: 6, status: 'pending', result: null, progress: null, startedAt: null })
    const fields = await redis.hgetall('job:j')
    expect(fields).toMatchObject({ status: 'pending', note: 'by hand', waybill_rev: '6' })
    for (const name of ['text', 'progress', 'started_at']) expect(fields).not.toHaveProperty(name)
  })

  test('what we wrote ourselves is no foreign word, however old it is', async () => {
    await write({ rev: 5, status: 'completed' })
    expect(await words()).toEqual([])
  })

  test('a foreign word is not written over until it was heard, and then that word alone', async () => {
    await write({ rev: 2 })
    await redis.hset('job:j', 'status', 'processing', 'progress', '0.5')
    expect(await write({ rev: 3 })).toBe('foreign')
    const [word] = await words()
    expect(word?.fields.get('progress')).toBe('0.5')
    await redis.hset('job:j', 'status', 'completed')
    expect(await write({ rev: 4 }, word?.heard)).toBe('foreign')
    const [last] = await words()
    expect(await write({ rev: 4, status: 'completed' }, last?.heard)).toBe('written')
    expect(await words()).toEqual([])
  })

  test('a word that came before anything of ours is heard', async () => {
    await redis.hset('job:j', 'status', 'processing')
    expect(await write({ rev: 1, status: 'pending' })).toBe('foreign')
    expect((await words()).map(({ fields }) => fields.get('status'))).toEqual(['processing'])
  })

  test('a key of another kind is written over', async () => {
    await redis.set('job:j', 'a text')
    expect(await write({ rev: 1 })).toBe('written')
  })
})

test('texts: a late older write changes nothing', async () => {
  const texts = new TextMirror({ link, keys, ttlMs: 60_000, inside: ({ status }) => `"status":"${status}"` })
  await texts.write([aRecord({ rev: 5, status: 'completed' })])
  const before = await redis.get('job:j')
  await texts.write([aRecord({ rev: 4, status: 'processing' })])
  expect(await redis.get('job:j')).toBe(before)
  await texts.write([aRecord({ rev: 6, status: 'failed' })])
  expect(await redis.get('job:j')).toContain('"status":"failed"')
  expect(await redis.ttl('job:j')).toBe(60)
})

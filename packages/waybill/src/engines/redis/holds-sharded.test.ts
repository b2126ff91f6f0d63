// Holds on several shards: a name whose submitter died before he stored the job is adopted, and holds nobody up.
import { redisUrl } from '@waybill/servers'
import { Redis } from 'ioredis'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { aJob, outcomeOf, recordOf } from '../../engine/conformance/subject.ts'
import type { Hold } from '../../engine/hold.ts'
import { cancel } from '../../job/decide.ts'
import { emptied } from './fixture.ts'
import { openRedis, type RedisEngine } from './index.ts'

let made = 0
let url = ''
let engine: RedisEngine
let client: Redis

beforeEach(async () => {
  url = `${await redisUrl()}?prefix=h${process.pid}-${++made}:&shards=3`
  client = new Redis(await redisUrl())
  engine = await openRedis(url)
  await engine.migrate()
})
afterEach(async () => {
  await engine.close()
  await emptied(url)
  await client.quit()
})

const hold: Hold = { key: 'k', ms: null, instead: null, strict: false }
const holding = (id: string) => aJob({ id }, { holds: [hold], idGiven: false })

// As if the process had died between taking the name and storing the job.
async function orphaned(id: string): Promise<void> {
  await engine.insert([holding(id)])
  const prefix = `h${process.pid}-${made}:`
  for (const shard of [0, 1, 2]) await client.del(`${prefix}{${shard}}:${id}`)
}

test('the next job is stored under the id that the name tells, and has the name', async () => {
  await orphaned('dead')
  expect(await engine.insert([holding('next')])).toMatchObject([{ outcome: 'created', id: 'dead' }])
  expect(await engine.insert([holding('later')])).toEqual([{ outcome: 'held', id: 'dead', key: 'k' }])
})

test('of many that come then one is stored', async () => {
  await orphaned('dead')
  const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => engine.insert([holding(`n${i}`)])))
  expect(answers.flat().filter(({ outcome }) => outcome === 'created')).toHaveLength(1)
  expect(new Set(answers.flat().map(({ id }) => id))).toEqual(new Set(['dead']))
})

test('a name whose job has ended on its shard is free', async () => {
  await engine.insert([holding('a')])
  const change = cancel(await recordOf(engine, 'a'))
  expect(change && (await outcomeOf(engine, change))).toBe('applied')
  expect(await engine.insert([holding('b')])).toMatchObject([{ outcome: 'created', id: 'b' }])
})

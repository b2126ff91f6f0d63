// Limits of users on Redis: on one shard, and where jobs live on several.
import { redisUrl } from '@waybill/servers'
import { randomUUID } from 'node:crypto'
import { describe } from 'vitest'
import { emptied } from '../../src/engines/redis/fixture.ts'
import { quotasOn } from './quotas.fixture.ts'

describe.each([1, 3])('with %i shards', (shards) => {
  quotasOn(async () => {
    const url = `${await redisUrl()}?prefix=q${randomUUID()}:&shards=${shards}`
    return { url, drop: () => emptied(url) }
  })
})

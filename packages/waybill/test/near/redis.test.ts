// Memory in front of Redis.
import { Redis } from 'ioredis'
import { redisUnderTest } from '../faults/store.fixture.ts'
import { nearCacheOn } from './near.fixture.ts'

nearCacheOn(redisUnderTest, async (url) => {
  const client = new Redis(url.replace(/\?.*/, ''))
  await client.call('CLIENT', 'KILL', 'TYPE', 'pubsub').finally(() => client.disconnect())
})

// What operators do, on Redis: one server, and shards, where pages come from several lists at once.
import { describe } from 'vitest'
import { redisUnderTest, type Places } from '../faults/store.fixture.ts'
import { operationsOn } from './operations.fixture.ts'

describe('one shard', () => {
  operationsOn(redisUnderTest)
})
describe('six shards', () => {
  operationsOn(sharded)
})

async function sharded(): Promise<Places> {
  const { store, stop } = await redisUnderTest()
  const many = async () => {
    const place = await store()
    return { ...place, url: `${place.url}&shards=6` }
  }
  return { store: many, stop }
}

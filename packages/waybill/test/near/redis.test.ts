// Memory in front of Redis: of one server, and of a cluster, where each node brings the hints of its shards.
import { randomBytes } from 'node:crypto'
import { startCluster } from '@waybill/servers'
import { Redis } from 'ioredis'
import { describe } from 'vitest'
import { redisUnderTest, type Places } from '../faults/store.fixture.ts'
import { nearCacheOn } from './near.fixture.ts'

describe('one server', () => {
  nearCacheOn(redisUnderTest, cutAll)
})
describe('a cluster', () => {
  nearCacheOn(clusterUnderTest, cutAll)
})

async function clusterUnderTest(): Promise<Places> {
  const { url, stop } = await startCluster(3)
  const store = async () => ({
    url: `${url}?prefix=near_${randomBytes(6).toString('hex')}:&shards=6`,
    close: async () => {},
  })
  return { store, stop }
}

async function cutAll(url: string): Promise<void> {
  const hosts = /\/\/([^/?]+)/.exec(url)?.[1]?.split(',') ?? []
  for (const host of hosts) {
    const client = new Redis(`redis://${host}`)
    await client.call('CLIENT', 'KILL', 'TYPE', 'pubsub').finally(() => client.disconnect())
  }
}

// Through Sentinel: the master is found, and after a failover the one that took its place, without anybody's help.
import { startRedis, startSentinel, type Server } from '@waybill/servers'
import { Redis } from 'ioredis'
import { afterEach, expect, test, vi } from 'vitest'
import { aClaim, aJob } from '../../engine/conformance/subject.ts'
import { completed } from '../../job/decide.ts'
import { openRedis, type RedisEngine } from './index.ts'

const servers: Server[] = []
let engine: RedisEngine | null = null

async function started(server: Promise<Server>): Promise<Server> {
  servers.push(await server)
  return server
}

afterEach(async () => {
  await engine?.close()
  for (const server of servers.splice(0).toReversed()) await server.stop()
})

test('what was replicated survives the death of the master, and fences go on rising', async () => {
  const master = await started(startRedis())
  const replica = await started(startRedis({ settings: { replicaof: `127.0.0.1 ${master.port}` } }))
  const sentinel = await started(startSentinel(master))
  const watcher = new Redis(sentinel.url.replace(/\?.*/, ''))
  await vi.waitFor(async () => expect(await watcher.call('SENTINEL', 'REPLICAS', 'mymaster')).toHaveLength(1), 20_000)
  engine = await openRedis(sentinel.url)
  await engine.migrate()
  await engine.insert([aJob({ id: 'before' })])
  const { fence } = await engine.claim(aClaim())
  const direct = new Redis(master.url)
  expect(await direct.wait(1, 20_000)).toBe(1)
  direct.disconnect()

  await master.kill()
  const own = engine
  await vi.waitFor(async () => expect((await own.insert([aJob()]))[0]?.outcome).toBe('created'), 25_000)
  const promoted = new Redis(replica.url)
  expect((await promoted.role())[0]).toBe('master')
  promoted.disconnect()
  expect(await own.get(['before'])).toMatchObject([{ record: { status: 'processing', lease: { fence } } }])
  const next = await own.claim(aClaim())
  expect(next.fence).toBeGreaterThan(fence)
  const { applied } = await own.apply([...next.jobs].map(({ record }) => completed(record, next.fence, null)))
  expect(applied.every(({ outcome }) => outcome === 'applied')).toBe(true)
  watcher.disconnect()
}, 60_000)

// Each server does what a fault test asks of it: keeps its port and its data over kill and restart, stops, pauses.
import pg from 'pg'
import { afterEach, expect, test } from 'vitest'
import { startCluster } from './cluster.ts'
import { startPgBouncer } from './pgbouncer.ts'
import { startPostgres } from './postgres.ts'
import { startRedis } from './redis.ts'
import { askRedis } from './resp.ts'
import { freshDatabase } from './shared.ts'
import { treeOf } from './tree.ts'

const stops: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop()
})

test('PostgreSQL keeps its port and what was committed when killed and restarted', async () => {
  const server = await startPostgres({ settings: { max_connections: '30' } })
  stops.push(server.stop)
  await query(server.url, 'create table kept as select 1 as one')
  const before = server.pid
  const all = treeOf(before)
  await server.kill()
  expect(all.flatMap(treeOf)).toEqual([])
  await server.restart()
  expect(server.pid).not.toBe(before)
  expect(await query(server.url, 'select one from kept')).toEqual([{ one: 1 }])
  expect(await query(server.url, 'show max_connections')).toEqual([{ max_connections: '30' }])
})

test('a paused PostgreSQL answers nobody, not even open connections, until it is resumed', async () => {
  const server = await startPostgres()
  stops.push(server.stop)
  const client = new pg.Client({ connectionString: server.url })
  await client.connect()
  server.pause()
  let answered = false
  const late = client.query('select 1').then(() => (answered = true))
  await expect(query(server.url, 'select 1', 200)).rejects.toThrow(/timeout/)
  expect(answered).toBe(false)
  server.resume()
  await late
  await client.end()
})

test('Redis keeps what it has synced when killed and restarted', async () => {
  const server = await startRedis({ settings: { appendfsync: 'always' } })
  stops.push(server.stop)
  await askRedis(server.port, 'SET', 'a', '1')
  await server.kill()
  await server.restart()
  expect(await askRedis(server.port, 'GET', 'a')).toBe('1')
})

test('a program that cannot start says why', async () => {
  await expect(startRedis({ settings: { appendfsync: 'sometimes' } })).rejects.toThrow(/appendfsync/)
})

test('a Redis Cluster serves every slot, each on one node', async () => {
  const cluster = await startCluster()
  stops.push(cluster.stop)
  expect(cluster.url).toBe(`redis://${cluster.nodes.map((node) => `127.0.0.1:${node.port}`).join(',')}`)
  const replies = await Promise.all(cluster.nodes.map((node) => askRedis(node.port, 'SET', 'a', '1')))
  expect(replies.filter((reply) => reply === '+OK')).toEqual(['+OK'])
})

test('PgBouncer gives each transaction a session of its own', async () => {
  const database = await freshDatabase()
  stops.push(database.drop)
  const bouncer = await startPgBouncer(database.url)
  stops.unshift(bouncer.stop)
  const [one, two] = [
    new pg.Client({ connectionString: bouncer.url }),
    new pg.Client({ connectionString: bouncer.url }),
  ]
  await Promise.all([one.connect(), two.connect()])
  const pid = async (client: pg.Client) =>
    (await client.query<{ pid: number }>('select pg_backend_pid() pid')).rows[0]?.pid
  expect(await pid(one)).toBe(await pid(two))
  await Promise.all([one.end(), two.end()])
})

async function query(connectionString: string, statement: string, timeoutMs = 10_000): Promise<object[]> {
  const client = new pg.Client({ connectionString, connectionTimeoutMillis: timeoutMs, query_timeout: timeoutMs })
  client.on('error', () => undefined)
  try {
    await client.connect()
    return (await client.query<object>(statement)).rows
  } finally {
    await client.end()
  }
}

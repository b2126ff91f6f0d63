// The servers of a run: shared by its test processes, started when first asked for, gone with the run.
import pg from 'pg'
import { expect, test } from 'vitest'
import { freshDatabase, postgresUrl, redisUrl } from './shared.ts'
import { askRedis } from './resp.ts'

test('everybody who asks is given the same server', async () => {
  expect(new Set(await Promise.all([postgresUrl(), postgresUrl()])).size).toBe(1)
  expect(new Set(await Promise.all([redisUrl(), redisUrl()])).size).toBe(1)
})

test('the shared Redis keeps what it has acknowledged and evicts nothing', async () => {
  const port = Number(new URL(await redisUrl()).port)
  expect(await askRedis(port, 'INFO', 'persistence')).toContain('aof_enabled:1')
  expect(await askRedis(port, 'INFO', 'memory')).toContain('maxmemory_policy:noeviction')
})

test('a fresh database is empty, durable and gone when dropped', async () => {
  const { url, drop } = await freshDatabase()
  expect(await rows(url, "select 1 from pg_tables where schemaname = 'public'")).toEqual([])
  expect(await rows(url, 'show fsync')).toEqual([{ fsync: 'on' }])
  await drop()
  await expect(rows(url, 'select 1')).rejects.toThrow(/does not exist/)
})

async function rows(url: string, statement: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url })
  try {
    await client.connect()
    return (await client.query<object>(statement)).rows
  } finally {
    await client.end()
  }
}

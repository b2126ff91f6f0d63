// The stores that contestants are measured on, empty for each measurement: a Redis server, a database on a PostgreSQL
// server of the bench's own, a SQLite file. Durable as in production: fsync on, append-only file synced each second.
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { startPostgres, startRedis, type Server } from '@waybill/servers'
import { Redis } from 'ioredis'
import pg from 'pg'
import type { StoreName } from './contestants.ts'
import { pin, unpin } from './processor.ts'

/** An empty store for one measurement. */
export interface Fresh {
  url: string
  /** Bytes it holds: Redis' used memory, a database's size after a checkpoint, the files of SQLite. */
  bytes(): Promise<number>
  /** What the store owes to all that was written so far is done: no vacuum or checkpoint of it falls into what follows. */
  settle(): Promise<void>
  /** The server to one processor, and back to all. */
  pin(cpu: number): void
  unpin(): void
  drop(): Promise<void>
}

export interface Store {
  version: string
  fresh(): Promise<Fresh>
  stop(): Promise<void>
}

export function openStore(name: StoreName, durable: boolean): Promise<Store> {
  if (name === 'redis') return redis()
  if (name === 'postgres') return postgres(durable ? {} : { fsync: 'off', full_page_writes: 'off' })
  return sqlite()
}

// A server for each measurement: the append-only file of one contestant is not rewritten while another is measured.
async function redis(): Promise<Store> {
  const probe = await startRedis()
  const version = /redis_version:(\S+)/.exec(await info(probe.url, 'server'))?.[1]
  await probe.stop()
  return {
    version: `Redis ${version}, appendonly yes, appendfsync everysec`,
    async fresh() {
      const server = await startRedis()
      return {
        ...bound(server),
        settle: async () => {},
        url: server.url,
        bytes: async () => Number(/used_memory:(\d+)/.exec(await info(server.url, 'memory'))?.[1]),
        drop: () => server.stop(),
      }
    },
    stop: async () => {},
  }
}

async function info(url: string, section: string): Promise<string> {
  const client = new Redis(url)
  const text = await client.info(section)
  client.disconnect()
  return text
}

async function postgres(settings: Record<string, string>): Promise<Store> {
  const server = await startPostgres({ settings })
  const client = new pg.Client(server.url)
  await client.connect()
  const ask = (sql: string) => single(client, sql)
  let count = 0
  return {
    version: `PostgreSQL ${await ask('show server_version')}, fsync ${await ask('show fsync')}, synchronous_commit ${await ask('show synchronous_commit')}`,
    async fresh() {
      const name = `bench_${++count}`
      await client.query(`create database ${name}`)
      await client.query('checkpoint')
      return {
        ...bound(server),
        url: server.url.replace(/\/postgres$/, `/${name}`),
        async settle() {
          const inside = new pg.Client(server.url.replace(/\/postgres$/, `/${name}`))
          await inside.connect()
          await inside.query('vacuum (analyze)')
          await inside.end()
          await client.query('checkpoint')
        },
        async bytes() {
          await client.query('checkpoint')
          return Number(await ask(`select pg_database_size('${name}')`))
        },
        drop: () => dropped(client, name),
      }
    },
    async stop() {
      await client.end()
      await server.stop()
    },
  }
}

// Pools close in the background: the last connection may end a moment after its owner said that it had closed.
async function dropped(client: pg.Client, name: string): Promise<void> {
  for (let patience = 40; patience > 0 && (await sessions(client, name)) > 0; patience--) await pause(25)
  await client.query(`drop database ${name} with (force)`)
}

async function sessions(client: pg.Client, name: string): Promise<number> {
  return Number(await single(client, `select count(*) from pg_stat_activity where datname = '${name}'`))
}

async function single(client: pg.Client, sql: string): Promise<string> {
  const { rows } = await client.query<[string]>({ text: sql, rowMode: 'array' })
  return String(rows[0]?.[0])
}

function bound(server: Server): Pick<Fresh, 'pin' | 'unpin'> {
  return { pin: (cpu) => pin(server.pid, cpu), unpin: () => unpin(server.pid) }
}

async function sqlite(): Promise<Store> {
  const { sqlite: version = '' } = process.versions
  return {
    version: `SQLite ${version}, WAL, synchronous FULL`,
    async fresh() {
      const dir = mkdtempSync(join(tmpdir(), 'waybill-bench-'))
      return {
        url: `sqlite:${join(dir, 'jobs.db')}`,
        bytes: async () => readdirSync(dir).reduce((sum, file) => sum + statSync(join(dir, file)).size, 0),
        settle: async () => {},
        pin: () => {},
        unpin: () => {},
        drop: async () => rmSync(dir, { recursive: true, force: true }),
      }
    },
    stop: async () => {},
  }
}

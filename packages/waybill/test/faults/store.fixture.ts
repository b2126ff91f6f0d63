// The engines under fault tests: for each one a server of its own, and on it a store a test, reached straight or through
// a network that fails when told.
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type Proxy, type Server, startPostgres, startProxy, startRedis } from '@waybill/servers'
import pg from 'pg'
import { isBusy } from '../../src/engines/sqlite/db.ts'

/** One empty store. */
export interface Place {
  url: string
  /** Nobody holds a lock that would stop everybody else. Left out: nobody can. */
  isUnlocked?: () => boolean
  close: () => Promise<void>
}

/** An engine under test: every test makes itself a store. */
export interface Places {
  store: () => Promise<Place>
  stop: () => Promise<void>
}

/** One empty store on a server. */
export interface Store extends Place {
  /** The same store behind `proxy`. */
  proxyUrl: string
  proxy: Proxy
  server: Server
}

/** An engine under test, on a server of its own. */
export interface Under extends Places {
  store: () => Promise<Store>
}

/** `appendfsync always`: what is acknowledged is on disk, which is the promise under test. */
export async function redisUnderTest(): Promise<Under> {
  const server = await startRedis({ settings: { appendfsync: 'always' } })
  const urlOf = (port: number, name: string) => `redis://127.0.0.1:${port}?prefix=${name}:`
  return under(server, { urlOf })
}

export async function postgresUnderTest(): Promise<Under> {
  const server = await startPostgres()
  const make = async (name: string) => {
    const client = new pg.Client({ connectionString: server.url })
    await client.connect()
    await client.query(`create database ${name} template template0`).finally(() => client.end())
  }
  const urlOf = (port: number, name: string) => `postgres://postgres@127.0.0.1:${port}/${name}`
  return under(server, { make, urlOf })
}

interface Kind {
  make?: (name: string) => Promise<void>
  urlOf: (port: number, name: string) => string
}

function under(server: Server, { make, urlOf }: Kind): Under {
  const store = async (): Promise<Store> => {
    const name = `faults_${randomBytes(6).toString('hex')}`
    await make?.(name)
    const proxy = await startProxy(server.port)
    return {
      server,
      proxy,
      url: urlOf(server.port, name),
      proxyUrl: urlOf(proxy.port, name),
      close: proxy.stop,
    }
  }
  return { store, stop: server.stop }
}

/** SQLite has neither server nor network: only what its processes do can fail. */
export async function sqliteUnderTest(): Promise<Places> {
  const store = async (): Promise<Place> => {
    const dir = mkdtempSync(join(tmpdir(), 'waybill-faults-'))
    const file = join(dir, 'jobs.db')
    return {
      url: `sqlite:${file}`,
      isUnlocked: () => isUnlocked(file),
      close: async () => rmSync(dir, { recursive: true, force: true }),
    }
  }
  return { store, stop: async () => {} }
}

function isUnlocked(file: string): boolean {
  const db = new DatabaseSync(file, { timeout: 0 })
  try {
    db.exec('BEGIN IMMEDIATE; ROLLBACK')
    return true
  } catch (error) {
    if (isBusy(error)) return false
    throw error
  } finally {
    db.close()
  }
}

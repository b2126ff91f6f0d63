// What doctor says of real servers: sound ones, ones that keep too little, ones that cannot wake workers; never a password.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freshDatabase, redisUrl, startPgBouncer, startPostgres, startRedis, type Server } from '@waybill/servers'
import { Redis } from 'ioredis'
import { afterEach, describe, expect, test } from 'vitest'
import { emptied } from '../../engines/redis/fixture.ts'
import { openEngine, withoutSecrets } from '../../engines/registry.ts'
import { lines } from '../cli.fixture.ts'
import { run } from '../main.ts'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

function stopLater(server: Server): Server {
  cleanups.push(() => server.stop())
  return server
}

async function doctor(url: string, more: Record<string, string> = {}): Promise<{ code: number; said: string }> {
  const cwd = mkdtempSync(join(tmpdir(), 'waybill-doctor-'))
  cleanups.push(() => rmSync(cwd, { recursive: true, force: true }))
  let out = ''
  const terminal = {
    out: (text: string) => void (out += text),
    say: (text: string) => void (out += text),
    tty: false,
    columns: 80,
    colour: false,
    confirm: async () => false,
  }
  const code = await run(['doctor', '--json'], terminal, { DATABASE_URL: url, ...more }, cwd)
  const said = lines(out).map(({ level, about, text }) => `${String(level)} ${String(about)}: ${String(text)}`)
  return { code, said: said.join('\n') }
}

async function migrated(url: string): Promise<string> {
  const engine = await openEngine(url)
  await engine.migrate()
  await engine.close()
  return url
}

async function database(): Promise<string> {
  const { url, drop } = await freshDatabase()
  cleanups.push(drop)
  return migrated(url)
}

describe('PostgreSQL', () => {
  test('a sound server: version, what it keeps, wakeups, connections, clock', async () => {
    const { code, said } = await doctor(await database())
    expect(said).toMatch(/ok engine: postgres at postgres/)
    expect(said).toMatch(/ok layout: \d+, current/)
    expect(said).toMatch(/ok server: PostgreSQL \d+/)
    expect(said).toMatch(/ok durable: fsync on, full_page_writes on, synchronous_commit on/)
    expect(said).toMatch(/ok wakeups: LISTEN works/)
    expect(said).toMatch(/(ok|warn) room: \d+ of \d+ connections left; a process of Waybill takes up to 5/)
    expect(said).toMatch(/ok clock: the store's clock and this machine's are \d+ ms apart/)
    expect(code).toBe(0)
  })

  test('behind PgBouncer workers must look for themselves, unless the server is named too', async () => {
    const url = await database()
    const bouncer = stopLater(await startPgBouncer(url))
    expect((await doctor(bouncer.url)).said).toMatch(/warn wakeups: LISTEN hears nothing.*\?directUrl=/)
    const both = `${bouncer.url}?directUrl=${encodeURIComponent(url)}`
    expect((await doctor(both)).said).toMatch(/ok wakeups: LISTEN works/)
  })

  test('a server that commits without waiting, with few connections', async () => {
    const settings = { synchronous_commit: 'off', max_connections: '8' }
    const { url } = stopLater(await startPostgres({ settings }))
    const { said } = await doctor(await migrated(url))
    expect(said).toMatch(/warn durable: .*synchronous_commit off: a crash may lose the last moments; ALTER ROLE/)
    expect(said).toMatch(/warn room: \d of 8 connections left.*raise max_connections/)
  })

  test('a store that is not set up is said to be so, and looking does not make it', async () => {
    const { url, drop } = await freshDatabase()
    cleanups.push(drop)
    for (let look = 0; look < 2; look++) expect((await doctor(url)).said).toMatch(/warn layout: 0, this version wants/)
  })

  test('no password of a URL is ever shown', async () => {
    const where = '127.0.0.1:1/db?directUrl=postgres%3A%2F%2Fme%3Ahunter2%40host%2Fdb'
    const { code, said } = await doctor(`postgres://me:hunter2@${where}`)
    expect(said).toMatch(/fail engine: .*\*\*\*@127\.0\.0\.1:1\/db\?directUrl=\*\*\*/)
    expect(said).not.toContain('hunter2')
    expect(code).toBe(1)
  })
})

describe('an accelerator', () => {
  test('that answers; one that will take nothing once it is full', async () => {
    const { url } = stopLater(await startRedis({ settings: { maxmemory: '64mb' } }))
    const { code, said } = await doctor('sqlite:none.db', { REDIS_URL: url })
    expect(said).toMatch(/ok accelerator: (Redis|Valkey) \d+\.\S+ at 127\.0\.0\.1:\d+ answers/)
    expect(said).toMatch(/warn accelerator: maxmemory-policy is noeviction: .* set it to allkeys-lru/)
    expect(code).toBe(0)
  })

  test('that does not answer is a warning, without its password', async () => {
    const { code, said } = await doctor('sqlite:none.db', { REDIS_URL: 'redis://me:hunter2@127.0.0.1:1' })
    expect(said).toMatch(
      /warn accelerator: 127\.0\.0\.1:1 does not answer \(.*ECONNREFUSED.*\): work goes on without it/,
    )
    expect(said).not.toContain('hunter2')
    expect(code).toBe(0)
  })

  test('that nothing would use, for the engine is a Redis, is told of', async () => {
    const url = await redisUrl()
    const { said } = await doctor(url, { REDIS_URL: url })
    expect(said).toMatch(/warn accelerator: REDIS_URL is passed over: the engine is itself a Redis/)
  })
})

describe('Redis', () => {
  test('one that syncs every second: version, shards, what it keeps, memory, clock', async () => {
    const url = `${await redisUrl()}?prefix=doctor${process.pid}:&shards=2`
    cleanups.push(() => emptied(url))
    const { code, said } = await doctor(await migrated(url))
    expect(said).toMatch(/ok server: (Redis|Valkey) \d+\.\S+, one server/)
    expect(said).toMatch(/ok shards: 2 under "doctor\d+:"/)
    expect(said).toMatch(/warn durable: appendonly yes, appendfsync everysec, maxmemory-policy noeviction: a power cut/)
    expect(said).toMatch(/ok memory: [\d.]+ MB used, no limit/)
    expect(said).toMatch(/ok clock: /)
    expect(code).toBe(0)
  })

  test('one that keeps nothing and is nearly full', async () => {
    const { url } = stopLater(await startRedis({ settings: { appendonly: 'no', maxmemory: '1mb' } }))
    const { said } = await doctor(url)
    expect(said).toMatch(/warn durable: appendonly no.*a restart loses jobs; CONFIG SET appendonly yes/)
    expect(said).toMatch(/warn memory: [\d.]+ MB of 1\.0 MB used: once it is full submits are refused/)
  })

  test('one that evicts is refused', async () => {
    const { url } = stopLater(await startRedis({ settings: { 'maxmemory-policy': 'allkeys-lru' } }))
    const { code, said } = await doctor(url)
    expect(said).toMatch(/fail engine: .*maxmemory-policy is allkeys-lru.*set it to noeviction/)
    expect(code).toBe(1)
  })

  test('one that forbids CONFIG is asked no more, and its keeper told what to see to', async () => {
    const { port } = stopLater(await startRedis())
    const admin = new Redis(port)
    await admin.call('ACL', 'SETUSER', 'app', 'on', '>hunter2', '~*', '&*', '+@all', '-config')
    await admin.quit()
    const { said } = await doctor(`redis://app:hunter2@127.0.0.1:${port}`)
    expect(said).toMatch(/warn durable: the settings cannot be read \(CONFIG is forbidden\)/)
    expect(said).not.toContain('hunter2')
  })
})

test.each([
  ['postgres://me:p@ss/w@host/db?pool=3', 'postgres://***@host/db?pool=3'],
  ['redis://:pw@a:1,b:2/0?prefix=x:', 'redis://***@a:1,b:2/0?prefix=x:'],
  ['postgres://host/db?directUrl=postgres://u:pw@h/db&schema=s', 'postgres://host/db?directUrl=***&schema=s'],
  ['sqlite:./a@b.db', 'sqlite:./a@b.db'],
])('%s is shown as %s', (url, shown) => {
  expect(withoutSecrets(url)).toBe(shown)
})

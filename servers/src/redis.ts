// A Redis (or Valkey) server of one's own: loopback only, append-only file synced once a second, evicting nothing.
import { mkdirSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from './port.ts'
import type { StartOptions } from './postgres.ts'
import { type Server, serve } from './process.ts'
import { findProgram } from './programs.ts'
import { askRedis } from './resp.ts'

const defaults = {
  bind: '127.0.0.1',
  save: '',
  appendonly: 'yes',
  appendfsync: 'everysec',
  'maxmemory-policy': 'noeviction',
}

export async function startRedis(options: StartOptions = {}): Promise<Server> {
  const dir = options.dir ?? (await mkdtemp(join(tmpdir(), 'waybill-redis-')))
  mkdirSync(dir, { recursive: true })
  const port = options.port ?? (await freePort())
  const settings = Object.entries({ ...defaults, ...options.settings, dir, port: String(port) })
  return serve({
    name: 'Redis',
    url: `redis://127.0.0.1:${port}`,
    port,
    dir,
    program: findProgram(['redis-server', 'valkey-server'], 'Debian: apt-get install redis-server'),
    args: settings.flatMap(([name, value]) => [`--${name}`, value]),
    refusesRoot: false,
    endsOn: 'SIGTERM',
    isReady: async () => (await askRedis(port, 'PING')) === '+PONG',
  })
}

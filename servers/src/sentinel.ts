// A Redis Sentinel that watches one master and, when it is gone, promotes a replica.
import { writeFile, mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from './port.ts'
import { type Server, serve } from './process.ts'
import { findProgram } from './programs.ts'
import { askRedis } from './resp.ts'

/** `url` names the sentinel and the master it watches: redis://127.0.0.1:PORT?sentinel=NAME. */
export async function startSentinel(master: Server, name = 'mymaster'): Promise<Server> {
  const dir = await mkdtemp(join(tmpdir(), 'waybill-sentinel-'))
  const port = await freePort()
  const file = join(dir, 'sentinel.conf')
  const settings = [
    `port ${port}`,
    'bind 127.0.0.1',
    `dir ${dir}`,
    `sentinel monitor ${name} 127.0.0.1 ${master.port} 1`,
    `sentinel down-after-milliseconds ${name} 500`,
    `sentinel failover-timeout ${name} 5000`,
  ]
  await writeFile(file, `${settings.join('\n')}\n`)
  return serve({
    name: 'Redis Sentinel',
    url: `redis://127.0.0.1:${port}?sentinel=${name}`,
    port,
    dir,
    program: findProgram(['redis-server', 'valkey-server'], 'Debian: apt-get install redis-server'),
    args: [file, '--sentinel'],
    refusesRoot: false,
    endsOn: 'SIGTERM',
    isReady: async () => (await askRedis(port, 'PING')) === '+PONG',
  })
}

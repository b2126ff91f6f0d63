// PgBouncer in transaction mode in front of a PostgreSQL server: sessions do not survive a commit behind it.
import { writeFile, mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from './port.ts'
import { accepts } from './postgres.ts'
import { type Server, serve } from './process.ts'
import { findProgram } from './programs.ts'
import { handOver } from './user.ts'

/** Serves every database of that server under its own name, as that URL's user. */
export async function startPgBouncer(postgresUrl: string): Promise<Server> {
  const dir = await mkdtemp(join(tmpdir(), 'waybill-pgbouncer-'))
  const port = await freePort()
  const target = new URL(postgresUrl)
  const file = join(dir, 'pgbouncer.ini')
  await writeFile(file, configuration(target, port))
  for (const path of [dir, file]) handOver(path)
  const url = `postgres://${target.username}@127.0.0.1:${port}${target.pathname}`
  return serve({
    name: 'PgBouncer',
    url,
    port,
    dir,
    program: findProgram(['pgbouncer'], 'Debian: apt-get install pgbouncer'),
    args: [file],
    refusesRoot: true,
    endsOn: 'SIGTERM',
    isReady: () => accepts(url),
  })
}

function configuration(target: URL, port: number): string {
  const password = target.password === '' ? '' : ` password=${decodeURIComponent(target.password)}`
  const user = decodeURIComponent(target.username)
  return `[databases]
* = host=${target.hostname} port=${target.port || '5432'} user=${user}${password}

[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
max_client_conn = 500
default_pool_size = 10
`
}

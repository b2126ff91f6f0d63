// A PostgreSQL server of one's own: loopback only, no password, durable as in production (fsync on).
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { freePort } from './port.ts'
import { type PostgresPrograms, postgresPrograms } from './postgres-program.ts'
import { type Server, serve } from './process.ts'
import { handOver, unprivileged } from './user.ts'

export interface StartOptions {
  /** The server's own settings, by name. */
  settings?: Record<string, string>
  /** Default: a new one below the system's temporary directory. `stop` removes it either way. */
  dir?: string
  /** Default: a free one. */
  port?: number
}

const defaults = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  fsync: 'on',
  synchronous_commit: 'on',
  max_connections: '200',
  // Written only when it means something: an unclean start is what fault tests do.
  log_min_messages: 'warning',
}

export async function startPostgres(options: StartOptions = {}): Promise<Server> {
  const dir = options.dir ?? (await mkdtemp(join(tmpdir(), 'waybill-postgres-')))
  const port = options.port ?? (await freePort())
  mkdirSync(dir, { recursive: true })
  handOver(dir)
  const programs = postgresPrograms(dir)
  const data = join(dir, 'data')
  if (!existsSync(join(data, 'PG_VERSION'))) await initialise(programs, dir, data)
  const settings = Object.entries({ ...defaults, ...options.settings, port: String(port) })
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`
  return serve({
    name: 'PostgreSQL',
    url,
    port,
    dir,
    program: programs.postgres,
    args: ['-D', data, ...settings.flatMap(([name, value]) => ['-c', `${name}=${value}`])],
    refusesRoot: true,
    endsOn: 'SIGINT',
    isReady: () => accepts(url),
  })
}

async function initialise(programs: PostgresPrograms, dir: string, data: string): Promise<void> {
  const words = ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--no-sync', '--no-instructions']
  await run(programs.initdb, [...words, '--locale=C.UTF-8'], dir)
}

async function run(program: string, args: string[], cwd: string): Promise<void> {
  const child = spawn(program, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'], ...unprivileged() })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text: Buffer) => (output += text.toString()))
  const [code]: unknown[] = await once(child, 'close')
  if (code !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${String(code)}:\n${output}`)
}

export async function accepts(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 1_000, query_timeout: 1_000 })
  client.on('error', () => undefined)
  try {
    await client.connect()
    await client.query('select 1')
    return true
  } finally {
    await client.end()
  }
}

// `npm run example`: lists the examples. `npm run example NAME [-- ARGUMENTS]`: starts one, that is `scripts.start` (one
// program) of examples/NAME/package.json, in that folder. What it needs beside npm stands there under "needs":
// `programs` that must be installed, and `servers` (postgres, redis), which are started where no URL is set.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { isHere, programs } from './programs.ts'

interface Example {
  name: string
  description: string
  start: string
  needs: { programs?: string[]; servers?: (keyof typeof servers)[] }
}

interface Manifest {
  description?: string
  scripts?: { start?: string }
  needs?: Example['needs']
}

const servers = { postgres: 'DATABASE_URL', redis: 'REDIS_URL' } as const
const root = join(import.meta.dirname, '..')
const examples = readdirSync(join(root, 'examples')).sort().flatMap(read)

const [wanted, ...words] = process.argv.slice(2)
const example = examples.find(({ name }) => name === wanted)
if (wanted === undefined) list()
else if (example) process.exitCode = await start(example, words)
else {
  console.error(`There is no example "${wanted}". There are: ${examples.map(({ name }) => name).join(', ')}.`)
  process.exitCode = 1
}

function read(name: string): Example[] {
  const manifest: Manifest = JSON.parse(readFileSync(join(root, 'examples', name, 'package.json'), 'utf8'))
  const { description = '', scripts, needs = {} } = manifest
  return scripts?.start === undefined ? [] : [{ name, description, start: scripts.start, needs }]
}

function list(): void {
  const width = Math.max(...examples.map(({ name }) => name.length))
  for (const { name, description } of examples) console.log(`npm run example ${name.padEnd(width)}  ${description}`)
}

async function start({ name, start, needs }: Example, words: string[]): Promise<number> {
  const missing = (needs.programs ?? []).filter((program) => !isHere(known(program)))
  for (const program of missing)
    console.error(`${name} needs ${program}: apt-get install ${known(program).debianPackage} (Debian).`)
  if (missing.length > 0) return 1

  const started = await Promise.all((needs.servers ?? []).filter((kind) => !process.env[servers[kind]]).map(serve))
  try {
    return await run(start, join(root, 'examples', name), words)
  } finally {
    await Promise.all(started.map((server) => server.stop()))
  }
}

function known(name: string): { name: string; or?: string; debianPackage: string } {
  return programs.find((one) => one.name === name) ?? { name, debianPackage: name }
}

/** A server of its own, as the tests have them; its data go with it. */
async function serve(kind: keyof typeof servers): Promise<{ stop: () => Promise<void> }> {
  const { startPostgres, startRedis } = await import('../servers/src/index.ts')
  const server = await { postgres: startPostgres, redis: startRedis }[kind]()
  process.env[servers[kind]] = server.url
  console.log(`${servers[kind]} is not set: started a ${kind} that lasts as long as this example (${server.url}).`)
  return server
}

// Ctrl-C reaches the example by itself, as it reaches everything in the terminal; this program waits for its end.
async function run(command: string, cwd: string, words: string[]): Promise<number> {
  const path = [join(root, 'node_modules/.bin'), process.env['PATH']].join(delimiter)
  const env = { ...process.env, PATH: path, INIT_CWD: process.env['INIT_CWD'] ?? process.cwd() }
  const child = spawn('sh', ['-c', `exec ${command} "$@"`, 'sh', ...words], { cwd, env, stdio: 'inherit' })
  process.on('SIGINT', () => {})
  process.on('SIGTERM', () => child.kill('SIGTERM'))
  const [code]: unknown[] = await once(child, 'exit')
  return typeof code === 'number' ? code : 1
}

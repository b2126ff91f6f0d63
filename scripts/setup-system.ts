// `npm run setup-system`, and before every `npm test`: the programs that tests use and npm does not ship. Silent when
// all is there. On Debian as root it installs what is missing; elsewhere it says what to install and what will not be
// tested, and under CI=true it fails instead, because a skipped test must never look like a passed one.
import { type SpawnSyncReturns, spawnSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, isAbsolute, join } from 'node:path'

interface Program {
  name: string
  /** Another program that does as well. */
  or?: string
  debianPackage: string
  usedFor: string
}

// Where Debian puts Python's client of Redis: a folder, of which being there is enough.
const pythonRedis = '/usr/lib/python3/dist-packages/redis'

const programs: Program[] = [
  { name: 'epubcheck', debianPackage: 'epubcheck', usedFor: 'that the conversion example writes valid EPUB' },
  { name: 'chromium', debianPackage: 'chromium', usedFor: 'the progress page in a real browser' },
  { name: 'redis-server', or: 'valkey-server', debianPackage: 'redis-server', usedFor: 'the Redis engine' },
  { name: 'pgbouncer', debianPackage: 'pgbouncer', usedFor: 'the PostgreSQL engine behind PgBouncer' },
  { name: 'ip', debianPackage: 'iproute2', usedFor: 'that streams let go of peers that vanish' },
  { name: 'ffmpeg', debianPackage: 'ffmpeg', usedFor: 'the video example' },
  { name: 'espeak-ng', debianPackage: 'espeak-ng', usedFor: 'spoken text in the video and slides examples' },
  { name: 'psql', debianPackage: 'postgresql-client', usedFor: "examples from PostgreSQL's own command line" },
  { name: pythonRedis, debianPackage: 'python3-redis', usedFor: 'Python workers that speak to Redis themselves' },
]

// Debian puts servers where the PATH of a plain user does not reach.
const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin']

if (missing().length > 0 && canInstall()) install(missing())
report(missing())

function missing(): Program[] {
  return programs.filter(({ name, or }) => !onPath(name) && (or === undefined || !onPath(or)))
}

function onPath(name: string): boolean {
  if (isAbsolute(name)) return isExecutable(name)
  return folders.some((folder) => isExecutable(join(folder, name)))
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch (error) {
    if (error instanceof Error) return false
    throw error
  }
}

function canInstall(): boolean {
  return process.getuid?.() === 0 && onPath('apt-get')
}

function install(wanted: Program[]): void {
  const packages = wanted.map((program) => program.debianPackage)
  console.error(`Installing ${packages.join(', ')} with apt-get (once).`)
  const done = apt(['update']) && apt(['install', '--yes', '--no-install-recommends', ...packages])
  if (!done) console.error('apt-get failed; see above.')
}

function apt(words: string[]): boolean {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const run: SpawnSyncReturns<string> = spawnSync('apt-get', ['-qq', ...words], { env, encoding: 'utf8' })
  if (run.status !== 0) console.error(`${run.stdout}${run.stderr}`)
  return run.status === 0
}

function report(lacking: Program[]): void {
  for (const { name, debianPackage, usedFor } of lacking) {
    console.error(`${name} is missing (Debian: apt-get install ${debianPackage}): not tested is ${usedFor}.`)
  }
  if (lacking.length > 0 && process.env['CI'] === 'true') process.exitCode = 1
}

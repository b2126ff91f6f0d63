// `npm run setup-system`, and before every `npm test`: the programs that tests use and npm does not ship. Silent when
// all is there. On Debian as root it installs what is missing; elsewhere it says what to install and what will not be
// tested, and under CI=true it fails instead, because a skipped test must never look like a passed one.
import { type SpawnSyncReturns, spawnSync } from 'node:child_process'
import { isHere, onPath, type Program, programs } from './programs.ts'

if (missing().length > 0 && canInstall()) install(missing())
report(missing())

function missing(): Program[] {
  return programs.filter((program) => !isHere(program))
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

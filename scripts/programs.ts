// The programs that tests and examples use and npm does not ship, and whether this machine has them. Lists only: what to do
// about a missing one is setup-system.ts's and example.ts's affair.
import { accessSync, constants } from 'node:fs'
import { delimiter, isAbsolute, join } from 'node:path'

export interface Program {
  name: string
  /** Another program that does as well. */
  or?: string
  debianPackage: string
  usedFor: string
}

// Where Debian puts Python's client of Redis: a folder, of which being there is enough.
const pythonRedis = '/usr/lib/python3/dist-packages/redis'

export const programs: Program[] = [
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

export const isHere = ({ name, or }: Pick<Program, 'name' | 'or'>): boolean =>
  onPath(name) || (or !== undefined && onPath(or))

export function onPath(name: string): boolean {
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

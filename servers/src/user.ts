// PostgreSQL and PgBouncer refuse to run as root. Where the tests do, these programs run as "nobody" instead.
import { chownSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

const NOBODY = 65_534

/** What `spawn` needs besides; nothing when we are not root. */
export function unprivileged(): { uid: number; gid: number } | Record<string, never> {
  return process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {}
}

/** Whether those programs can be started from there: every directory on the way lets all users through. */
export function isReachable(path: string): boolean {
  if (process.getuid?.() !== 0) return true
  const open = (statSync(path).mode & 0o001) !== 0
  return open && (dirname(path) === path || isReachable(dirname(path)))
}

/** Makes a file or directory theirs. */
export function handOver(path: string): void {
  if (process.getuid?.() === 0) chownSync(path, NOBODY, NOBODY)
}

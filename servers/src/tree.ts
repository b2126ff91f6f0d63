// The processes below a process. A PostgreSQL server is one process a connection, each a session of its own: a signal
// to the first one alone stops nothing.
import { spawnSync } from 'node:child_process'
import { readFileSync, readdirSync } from 'node:fs'

/** The process and all below it, the first one first; empty when it has ended. */
export function treeOf(pid: number): number[] {
  const rows = processes()
  if (!rows.some((row) => row.pid === pid)) return []
  const below = (parent: number): number[] =>
    rows.filter((row) => row.parent === parent).flatMap((row) => [row.pid, ...below(row.pid)])
  return [pid, ...below(pid)]
}

export function signalTree(pid: number, signal: NodeJS.Signals): void {
  for (const one of treeOf(pid)) {
    try {
      process.kill(one, signal)
    } catch (error) {
      // Ended in between.
      if (!(error instanceof Error) || !('code' in error) || error.code !== 'ESRCH') throw error
    }
  }
}

interface Row {
  pid: number
  parent: number
}

/** Zombies are left out: they have ended. */
function processes(): Row[] {
  return process.platform === 'linux' ? fromProc() : fromPs()
}

function fromProc(): Row[] {
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return []
    const [state, parent] = statOf(name)
    return state === undefined || state === 'Z' || state === 'X' ? [] : [{ pid: Number(name), parent: Number(parent) }]
  })
}

/** State and parent stand behind the name, which is in parentheses and may hold anything. */
function statOf(pid: string): string[] {
  try {
    const line = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return line.slice(line.lastIndexOf(')') + 2).split(' ')
  } catch (error) {
    if (error instanceof Error) return []
    throw error
  }
}

function fromPs(): Row[] {
  const { stdout } = spawnSync('ps', ['-A', '-o', 'pid=,ppid=,stat='], { encoding: 'utf8' })
  return stdout.split('\n').flatMap((line) => {
    const [pid, parent, state] = line.trim().split(/\s+/)
    return state === undefined || state.startsWith('Z') ? [] : [{ pid: Number(pid), parent: Number(parent) }]
  })
}

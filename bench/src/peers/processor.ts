// Binding processes to processors (Linux, `taskset`), and what a process weighs. Elsewhere binding does nothing, and the
// report says so.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { cpus } from 'node:os'

/** True when processes can be bound here. */
export const canPin: boolean = cpus().length > 1 && spawnSync('taskset', ['--version']).status === 0

const everywhere = `0-${cpus().length - 1}`

/** Binds a process, its threads and its present children to one processor. */
export function pin(pid: number, cpu: number): void {
  bind(pid, String(cpu))
}

export function unpin(pid: number): void {
  bind(pid, everywhere)
}

function bind(pid: number, list: string): void {
  if (!canPin) return
  for (const one of [pid, ...childrenOf(pid)]) spawnSync('taskset', ['-a', '-p', '-c', list, String(one)])
}

function childrenOf(pid: number): number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim()
  return text === '' ? [] : text.split(' ').map(Number)
}

export function residentBytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) * 1024
}

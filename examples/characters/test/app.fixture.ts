// The example as its users meet it: programs that are started and killed, addresses that are asked. Whatever is started
// goes with the test file.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterAll, vi } from 'vitest'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 })

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url))

const programs: Program[] = []
const folders: string[] = []
afterAll(async () => {
  await Promise.all(programs.map((program) => program.kill('SIGKILL')))
  for (const folder of folders) rmSync(folder, { recursive: true })
})

export interface Program {
  /** Where it listens; empty for a worker. */
  url: string
  /** Resolves to the exit code; null for one that a signal ended. */
  kill: (signal?: NodeJS.Signals) => Promise<number | null>
}

export function ownFolder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'waybill-characters-'))
  folders.push(dir)
  return dir
}

/** Starts the web server, a worker, or both in one process; ready when this resolves. */
export async function start(part: 'web' | 'worker' | 'all', env: Record<string, string>): Promise<Program> {
  const child = spawn(process.execPath, [MAIN, ...(part === 'all' ? [] : [part])], {
    env: { ...process.env, PORT: '0', WAYBILL_LOG_LEVEL: 'error', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const kill = async (signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> => {
    if (child.exitCode !== null || child.signalCode !== null) return child.exitCode
    const gone = once(child, 'exit')
    child.kill(signal)
    await gone
    return child.exitCode
  }
  const program = { url: '', kill }
  programs.push(program)
  program.url = /http:\/\/[\d.:]+/.exec(await firstLine(child))?.[0] ?? ''
  return program
}

async function firstLine(child: ChildProcess): Promise<string> {
  if (!child.stdout) throw new Error('the output of the program was not taken')
  for await (const line of createInterface(child.stdout)) return line
  throw new Error('the program ended before it was ready')
}

/** One process on an SQLite file of its own. */
export const startAlone = (env: Record<string, string> = {}): Promise<Program> =>
  start('all', { DATABASE_URL: `sqlite:${join(ownFolder(), 'characters.db')}`, ...env })

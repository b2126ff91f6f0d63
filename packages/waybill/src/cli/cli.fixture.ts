// What the tests of the command share: the command as a child process, in a project and on a SQLite file of its own.
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

export const launcher: string = fileURLToPath(new URL('../../bin/waybill.cjs', import.meta.url))
export const project: string = fileURLToPath(new URL('../../test/cli-project', import.meta.url))

export type Child = ChildProcessWithoutNullStreams
export interface Ran {
  code: number
  out: string
  talk: string
}

/** A store of its own, and the command run on it. `remove` kills what still runs. */
export class Place {
  readonly dir: string = mkdtempSync(join(tmpdir(), 'waybill-cli-'))
  readonly #running = new Set<Child>()
  readonly #cwd: string

  constructor(cwd: string = project) {
    this.#cwd = cwd
  }

  start(words: string[], env: Record<string, string> = {}): Child {
    const child = spawn(process.execPath, [launcher, ...words], {
      cwd: this.#cwd,
      env: {
        PATH: process.env['PATH'],
        DATABASE_URL: `sqlite:${join(this.dir, 'jobs.db')}`,
        WAYBILL_LOG_LEVEL: 'error',
        ...env,
      },
    })
    this.#running.add(child)
    child.once('exit', () => this.#running.delete(child))
    return child
  }

  async run(words: string[], env?: Record<string, string>, input?: string): Promise<Ran> {
    const child = this.start(words, env)
    child.stdin.end(input)
    return ended(child)
  }

  remove(): void {
    for (const child of this.#running) child.kill('SIGKILL')
    rmSync(this.dir, { recursive: true, force: true })
  }
}

/** All that a child says, and how it ends. */
export async function ended(child: Child): Promise<Ran> {
  let [out, talk] = ['', '']
  child.stdout.on('data', (chunk) => (out += chunk))
  child.stderr.on('data', (chunk) => (talk += chunk))
  const [code] = await once(child, 'close')
  return { code, out, talk }
}

export async function firstLine(stream: NodeJS.ReadableStream): Promise<string> {
  const [line] = await once(createInterface({ input: stream }), 'line')
  return String(line)
}

export async function end(child: Child): Promise<number> {
  const exit = once(child, 'exit')
  child.kill('SIGTERM')
  return Number((await exit)[0])
}

/** The JSON lines of an output. */
export function lines(out: string): Record<string, unknown>[] {
  const parsed = out
    .trim()
    .split('\n')
    .map((line): unknown => JSON.parse(line))
  return parsed as Record<string, unknown>[]
}

// Processes of translator.py, and what they did.
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export class Translators {
  readonly #dir = mkdtempSync(join(tmpdir(), 'waybill-translators-'))
  readonly #children: ChildProcess[] = []

  start(redis: string, list: string, seconds = 0): ChildProcess {
    const program = join(import.meta.dirname, 'translator.py')
    const child = spawn('/usr/bin/python3', [program, redis, list, String(seconds), this.#effects], {
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    this.#children.push(child)
    return child
  }

  /** The ids of jobs in the order in which they were begun. */
  get began(): string[] {
    if (!existsSync(this.#effects)) return []
    return readFileSync(this.#effects, 'utf8')
      .split('\n')
      .flatMap((line) => line.split(' ')[1] ?? [])
  }

  async stop(): Promise<void> {
    await Promise.all(this.#children.map(kill))
    rmSync(this.#dir, { recursive: true, force: true })
  }

  get #effects(): string {
    return join(this.#dir, 'effects')
  }
}

export async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const over = once(child, 'exit')
  child.kill('SIGKILL')
  await over
}

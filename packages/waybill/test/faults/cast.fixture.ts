// The processes of one fault test: workers and submitters on one store, what they said and did, and their end.
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createWaybill, type Waybill } from '../../src/index.ts'
import { silentLogger } from '../../src/lib/log.ts'
import { historyOf, type History } from '../../src/waybill.fixture.ts'
import { after } from './caller.fixture.ts'
import { jobs } from './program.fixture.ts'
import type { Place } from './store.fixture.ts'

const program = fileURLToPath(new URL('./program.fixture.ts', import.meta.url))
export const leaseMs = 1_000

export class Cast {
  readonly url: string
  readonly waybill: Waybill
  readonly #dir: string = mkdtempSync(join(tmpdir(), 'waybill-cast-'))
  readonly #effects: string = join(this.#dir, 'effects')
  readonly #place: Place
  readonly #children = new Set<ChildProcess>()

  constructor(place: Place) {
    this.#place = place
    this.url = place.url
    this.waybill = createWaybill({ engine: place.url, jobs, logger: silentLogger })
    writeFileSync(this.#effects, '')
  }

  async open(): Promise<void> {
    const { upkeep } = await this.waybill.parts()
    upkeep.start()
  }

  /** Ends whoever still runs, and forgets everything. */
  async close(): Promise<void> {
    await this.killAll()
    await this.waybill.close()
    await this.#place.close()
    rmSync(this.#dir, { recursive: true, force: true })
  }

  async killAll(): Promise<void> {
    const exits = [...this.#children].map((child) => once(child, 'exit'))
    for (const child of this.#children) child.kill('SIGKILL')
    await Promise.all(exits)
  }

  /** A worker that may not be there yet. */
  startWorker(): ChildProcess {
    return this.#start('work', this.url, this.#effects, `${leaseMs}ms`)
  }

  async worker(): Promise<ChildProcess> {
    const child = this.startWorker()
    await isReady(child)
    return child
  }

  submitter(count: number): ChildProcess {
    return this.#start('submit', this.url, String(count))
  }

  /** Its HTTP server's address. */
  async server(): Promise<{ child: ChildProcess; url: string }> {
    const child = this.#start('serve', this.url)
    let url = ''
    await heard(child, (message) => {
      if (typeof message === 'object' && message !== null && 'url' in message) url = String(message.url)
      return url !== ''
    })
    return { child, url }
  }

  #start(...words: string[]): ChildProcess {
    const child = fork(program, words, { stdio: ['ignore', 'inherit', 'pipe', 'ipc'] })
    child.stderr?.pipe(process.stderr)
    this.#children.add(child)
    child.once('exit', () => this.#children.delete(child))
    return child
  }

  /** Lines of the effects file with this word. */
  effects(word: string): string[] {
    const lines = readFileSync(this.#effects, 'utf8').split('\n')
    return lines.filter((line) => line.includes(word))
  }

  /** Resolves when the effects file has so many lines with this word. */
  async until(word: string, count: number): Promise<void> {
    while (this.effects(word).length < count) await after(20)
  }

  async history(id: string): Promise<History> {
    return historyOf((await this.waybill.parts()).engine, id)
  }

  /**
   * SIGSTOP, but not in the middle of a transaction where that would stop everybody: a process that is stopped with an
   * SQLite file's write lock in its hand keeps every other one from writing, whatever its leases say.
   */
  async freeze(child: ChildProcess): Promise<void> {
    const { isUnlocked = () => true } = this.#place
    for (;;) {
      child.kill('SIGSTOP')
      for (let look = 0; look < 10; look++) {
        await after(20)
        if (isUnlocked()) return
      }
      child.kill('SIGCONT')
    }
  }
}

export function isReady(child: ChildProcess): Promise<void> {
  return heard(child, (message) => message === 'ready')
}

export function heard(child: ChildProcess, wanted: (message: unknown) => boolean): Promise<void> {
  return new Promise((resolve) => {
    const listen = (message: unknown) => {
      if (!wanted(message)) return
      child.off('message', listen)
      resolve()
    }
    child.on('message', listen)
  })
}

/** The worker has begun the job, or any. */
export function began(child: ChildProcess, id?: string): Promise<void> {
  return heard(child, (message) => {
    if (typeof message !== 'object' || message === null || !('began' in message)) return false
    return id === undefined || message.began === id
  })
}

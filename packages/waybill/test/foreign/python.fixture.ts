// A Waybill that answers HTTP on a port it can come back to, and Python processes that call it and work for it.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { serve, type Served } from '../../src/http/index.ts'
import { createWaybill, defineJob, type Waybill } from '../../src/index.ts'
import { silentLogger } from '../../src/lib/log.ts'

export const key = 'wbk_python_0123456789abcdef0123'
const types = ['py.sum', 'py.patient', 'py.deaf', 'py.steps', 'py.fail']
const jobs = types.map((type) => defineJob({ type, queue: 'python', retry: { backoff: '100ms', jitter: 0 } }))

export interface PythonWorker {
  pid: number
  child: ChildProcess
  signal(name: NodeJS.Signals): void
  /** Its exit code; null when a signal killed it. */
  over: Promise<number | null>
}

export class Site {
  readonly effects: string
  waybill: Waybill
  url = ''
  readonly #dir: string
  readonly #workers: PythonWorker[] = []
  #served: Served | null = null

  constructor() {
    this.#dir = mkdtempSync(join(tmpdir(), 'waybill-python-'))
    this.effects = join(this.#dir, 'effects')
    this.waybill = this.#make()
  }

  async open(port = 0): Promise<void> {
    this.#served = await serve(this.waybill, { port })
    this.url = this.#served.url
  }

  /** The API process goes away, and comes back on the same port with the same store. */
  async restart(away: () => Promise<void> = async () => {}): Promise<void> {
    const port = this.#served?.port ?? 0
    await this.#served?.close()
    await this.waybill.close()
    await away()
    this.waybill = this.#make()
    await this.open(port)
  }

  async worker(leaseMs = 15_000): Promise<PythonWorker> {
    const child = python('worker.py', [this.url, key, this.effects, String(leaseMs)])
    const over = once(child, 'exit').then(([code]: (number | null)[]) => code ?? null)
    const worker = { pid: child.pid ?? 0, child, over, signal: (name: NodeJS.Signals) => void child.kill(name) }
    this.#workers.push(worker)
    await this.effect(`${worker.pid} ready`)
    return worker
  }

  /** What a caller says, line by line. */
  async *lines(...words: string[]): AsyncGenerator<unknown> {
    const child = python('caller.py', [this.url, key, ...words])
    try {
      for await (const line of createInterface({ input: child.stdout })) yield JSON.parse(line) as unknown
    } finally {
      child.kill('SIGKILL')
    }
  }

  async call(...words: string[]): Promise<unknown> {
    for await (const line of this.lines(...words)) return line
    throw new Error(`caller.py ${words.join(' ')} said nothing`)
  }

  async submit(type: string, input: unknown): Promise<string> {
    const job = (await this.call('submit', type, JSON.stringify(input))) as { job_id: string }
    return job.job_id
  }

  done(): string[] {
    return existsSync(this.effects) ? readFileSync(this.effects, 'utf8').trim().split('\n') : []
  }

  /** Waits for a line of the effects. */
  async effect(line: string | RegExp): Promise<string> {
    for (;;) {
      const found = this.done().find((one) => (typeof line === 'string' ? one === line : line.test(one)))
      if (found !== undefined) return found
      await new Promise((resolve) => setTimeout(resolve, 25))
    }
  }

  async close(): Promise<void> {
    for (const { child, over } of this.#workers) {
      child.kill('SIGCONT')
      child.kill('SIGKILL')
      await over
    }
    await this.#served?.close()
    await this.waybill.close()
    rmSync(this.#dir, { recursive: true, force: true })
  }

  #make(): Waybill {
    return createWaybill({
      engine: `sqlite:${join(this.#dir, 'w.db')}`,
      jobs,
      apiKeys: [key],
      shutdownGrace: '1s',
      logger: silentLogger,
    })
  }
}

function python(script: string, words: string[]) {
  const env = { ...process.env, PYTHONDONTWRITEBYTECODE: '1' }
  const path = new URL(script, import.meta.url).pathname
  return spawn('python3', [path, ...words], {
    env,
    stdio: ['ignore', 'pipe', process.env['SHOW'] ? 'inherit' : 'ignore'],
  })
}

// Children that are processes, each the leader of a group: what a handler starts is in the group and dies with it.
import { fork, type ChildProcess } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Crash } from '../../job/crash.ts'
import { errorText } from '../../lib/error-text.ts'
import { program, type Child, type ChildEvents, type Nursery, type NurseryOptions } from './child.ts'
import { Guard } from './guard.ts'
import type { Greeting, Order, Word } from './messages.ts'

export function processes(options: NurseryOptions): Nursery {
  if (process.platform === 'win32')
    throw new Error('worker: isolate "process" ends groups of processes, which Windows has not; use isolate "thread"')
  const guard = new Guard()
  return { spawn: (events) => new ForkedChild(options, events, guard), close: () => guard.close() }
}

class ForkedChild implements Child {
  readonly #process: ChildProcess
  readonly #events: ChildEvents
  readonly #guard: Guard
  #crash: Crash | null = null
  #gone = false

  constructor(options: NurseryOptions, events: ChildEvents, guard: Guard) {
    this.#events = events
    this.#guard = guard
    this.#process = forked(options)
    const { pid } = this.#process
    if (pid !== undefined) guard.add(pid)
    this.#process.on('message', (word) => events.said(wordOf(word)))
    this.#process.on('error', (error) => this.#failed(error))
    this.#process.on('exit', (code, signal) => this.#exited(code, signal))
    this.#process.on('disconnect', () => this.#over())
    this.hold(false)
  }

  send(order: Order): void {
    // One that is gone says so itself.
    if (this.#process.connected) this.#process.send(order, () => {})
  }

  terminate(): void {
    this.#signal('SIGTERM')
  }

  kill(): void {
    this.#signal('SIGKILL')
  }

  hold(holds: boolean): void {
    const { channel } = this.#process
    if (holds) this.#process.ref()
    else this.#process.unref()
    if (holds) channel?.ref()
    else channel?.unref()
  }

  memoryMb(): number | null {
    if (process.platform !== 'linux' || this.#process.pid === undefined) return null
    return residentMb(this.#process.pid)
  }

  #signal(signal: NodeJS.Signals): void {
    const { pid } = this.#process
    if (pid !== undefined) signalGroup(pid, signal)
  }

  #failed(error: Error): void {
    if (this.#process.pid !== undefined) return // it exists: its exit will tell
    this.#crash = { exitCode: null, signal: null, text: errorText(error) }
    this.#over(true)
  }

  #exited(exitCode: number | null, signal: string | null): void {
    const { pid } = this.#process
    if (pid !== undefined) {
      signalGroup(pid, 'SIGKILL') // what it left behind
      this.#guard.drop(pid)
    }
    const how = signal === null ? `exited with code ${exitCode}` : `was ended by ${signal}`
    this.#crash = { exitCode, signal, text: `process ${pid} of the job ${how}` }
    this.#over()
  }

  // Its exit may be known before its last word has been read: the channel closes after it.
  #over(neverBegan = false): void {
    if (this.#gone || !this.#crash || (this.#process.connected && !neverBegan)) return
    this.#gone = true
    this.#events.gone(this.#crash)
  }
}

function forked({ module, memoryMb }: NurseryOptions): ChildProcess {
  const inherited = process.execArgv.filter((word) => !/^--(inspect|max-old-space-size|test)/.test(word))
  return fork(fileURLToPath(program), [module.href], {
    detached: true,
    serialization: 'advanced',
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    execArgv: [...inherited, `--max-old-space-size=${memoryMb}`],
  })
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && (error.code === 'ESRCH' || error.code === 'EPERM'))) throw error
  }
}

// From the kernel: a child that keeps its event loop to itself could not tell.
function residentMb(pid: number): number | null {
  try {
    const kilobytes = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
    return kilobytes === undefined ? null : Number(kilobytes) / 1024
  } catch (error) {
    if (error instanceof Error) return null // it has just ended
    throw error
  }
}

function wordOf(message: unknown): Greeting | Word
function wordOf(message: unknown): unknown {
  return message
}

// Renewal of leases, off the main loop: a thread with its own connection renews the fences it has been told of, so a
// handler that blocks the event loop loses nothing. Engines that no second connection can reach are renewed from here.
import { Worker as Thread } from 'node:worker_threads'
import type { Engine } from '../engine/engine.ts'
import { looking, type Clock } from '../lib/clock.ts'
import type { Logger } from '../lib/log.ts'

export interface HeartbeatOptions {
  engine: Engine
  /** Null: the engine cannot be opened a second time, renew on the main loop. */
  engineUrl: string | null
  workerId: string
  leaseMs: number
  clock: Clock
  log: Logger
}

/** What the thread is told. `forMs`: renew for so long, unless told anew; the main loop may be gone for good. */
export type Beat = { add: number } | { drop: number } | { forMs: number } | { stop: true }

/** Renewed for so much longer than asked: handlers that follow each other closely need no message each. */
const spareMs = 1_000

export interface BeatThreadData {
  engineUrl: string
  workerId: string
  leaseMs: number
}

export class Heartbeat {
  readonly #options: HeartbeatOptions
  readonly #fences = new Map<number, number>()
  #thread: Thread | null = null
  #forget: (() => void) | null = null
  #stopped = false
  /** Until when the thread renews by itself. */
  #until = 0

  constructor(options: HeartbeatOptions) {
    this.#options = options
  }

  async start(): Promise<void> {
    if (this.#options.engineUrl === null) return this.#beatHere()
    await this.#startThread(this.#options.engineUrl)
  }

  /** A claim of `jobs` jobs; called before the first of them begins. */
  claimed(fence: number, jobs: number): void {
    if (!this.#fences.has(fence)) this.#tell({ add: fence })
    this.#fences.set(fence, jobs)
  }

  /** One job of a claim is no longer held by this worker. */
  ended(fence: number): void {
    const left = (this.#fences.get(fence) ?? 0) - 1
    if (left > 0) return void this.#fences.set(fence, left)
    if (this.#fences.delete(fence)) this.#tell({ drop: fence })
  }

  /** The main loop lives; leases are renewed until then even if it is blocked. */
  alive(until: number): void {
    this.#until = until
    this.#tell({ forMs: until - this.#options.clock.now() })
  }

  /** As `alive`, but never for less than was said before. For a handler that is about to begin: it may block the loop at once. */
  atLeast(until: number): void {
    if (until > this.#until) this.alive(until + spareMs)
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.#forget?.()
    const thread = this.#thread
    this.#thread = null
    if (!thread) return
    const gone = new Promise<void>((resolve) => thread.once('exit', () => resolve()))
    thread.ref() // whoever awaits this end must not lose the process to it
    const stop: Beat = { stop: true }
    thread.postMessage(stop)
    await gone
  }

  #tell(beat: Beat): void {
    this.#thread?.postMessage(beat)
  }

  #startThread(engineUrl: string): Promise<void> {
    const { workerId, leaseMs, log } = this.#options
    const data: BeatThreadData = { engineUrl, workerId, leaseMs }
    // Beside this file, with this file's own ending: .ts from the sources, .js when built.
    const file = import.meta.url.replace(/heartbeat(\.\w+)$/, 'heartbeat-thread$1')
    const thread = new Thread(new URL(file), { workerData: data, name: 'waybill heartbeat' })
    thread.unref()
    this.#thread = thread
    thread.on('exit', (code) => this.#threadGone(code))
    thread.on('message', (said: unknown) => {
      if (said !== 'ready') log.warn({ error: said, worker_id: workerId }, 'a heartbeat failed; it is tried again')
    })
    thread.on('error', (error) =>
      log.error({ error }, 'the heartbeat thread failed; leases are renewed on the main loop'),
    )
    return new Promise((resolve) => {
      thread.once('message', () => resolve())
      thread.once('exit', () => resolve())
    })
  }

  #threadGone(code: number): void {
    if (this.#stopped || this.#thread === null) return
    this.#thread = null
    this.#options.log.error({ code }, 'the heartbeat thread ended; leases are renewed on the main loop')
    this.#beatHere()
  }

  #beatHere(): void {
    const { engine, workerId, leaseMs, clock, log } = this.#options
    this.#forget = looking(clock).after(leaseMs / 3, () => {
      if (this.#stopped) return
      const leases = [...this.#fences.keys()].map((fence) => ({ fence, begun: 0 }))
      engine
        .extend({ workerId, leaseMs, leases, jobs: [] })
        .catch((error: unknown) => log.warn({ error, worker_id: workerId }, 'a heartbeat failed; it is tried again'))
        .finally(() => (this.#stopped ? undefined : this.#beatHere()))
    })
  }
}

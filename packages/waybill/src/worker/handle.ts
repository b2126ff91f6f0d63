// The worker as the TypeScript API hands it out.
import { refuseUnknown } from '../job/definition.ts'
import { isName } from '../job/limits.ts'
import { toMs, type Duration } from '../lib/duration.ts'
import type { Worker } from './worker.ts'

export interface WorkerOptions {
  /** Default, and with `*`: all queues. */
  queues?: string[]
  /** Jobs run at once, 1–10,000. Default 8. */
  concurrency?: number
  /** Shown to operators. Default: host name and process id. */
  name?: string
}

/** Throws for an option that is unknown or can never work. */
export function checkedWorker(options: WorkerOptions): WorkerOptions {
  refuseUnknown(options, ['queues', 'concurrency', 'name'], 'worker')
  const { queues, concurrency } = options
  if (concurrency !== undefined && !(Number.isInteger(concurrency) && concurrency >= 1 && concurrency <= 10_000))
    throw new RangeError(`worker: concurrency is a whole number, 1–10,000, got ${concurrency}`)
  if (queues?.includes('*')) return { ...options, queues: [] }
  const bad = queues?.find((queue) => !isName(queue))
  if (bad === undefined) return options
  throw new TypeError(`worker: a queue has 1–100 letters, digits or . _ : -, got "${bad}"`)
}

/** A worker that opens its engine when it is started. */
export class WaybillWorker {
  readonly #make: () => Promise<Worker>
  readonly #ended = Promise.withResolvers<void>()
  #made: Promise<Worker> | null = null
  #worker: Worker | null = null

  constructor(make: () => Promise<Worker>) {
    this.#make = make
  }

  /** Jobs running now. */
  get active(): number {
    return this.#worker?.active ?? 0
  }

  /** Resolves when it has stopped: by `stop`, or because an operator told it to terminate. */
  get ended(): Promise<void> {
    return this.#ended.promise
  }

  /** Resolves when jobs are being taken. Throws when it was called before. */
  async start(): Promise<void> {
    if (this.#made) throw new Error('worker: start() was called before; make a new worker')
    this.#made = this.#make()
    this.#worker = await this.#made
    await this.#worker.start()
    void this.#worker.ended.then(this.#ended.resolve)
  }

  /** See Worker.stop: waits for running jobs up to `grace` (default 25 s), then gives them back unharmed. */
  async stop(options: { grace?: Duration } = {}): Promise<void> {
    const graceMs = options.grace === undefined ? {} : { graceMs: toMs(options.grace, 'stop: grace') }
    const worker = await this.#made?.catch(() => null) // a start that failed has nothing to stop
    await worker?.stop(graceMs)
  }
}

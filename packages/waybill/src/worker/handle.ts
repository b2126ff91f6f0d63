// The worker as the TypeScript API hands it out.
import { refuseUnknown } from '../job/definition.ts'
import { isolates, type Isolate } from '../job/isolate.ts'
import { isName } from '../job/limits.ts'
import { didYouMean } from '../lib/suggest.ts'
import { toMs, type Duration } from '../lib/duration.ts'
import type { Worker } from './worker.ts'

export interface WorkerOptions {
  /** Default, and with `*`: all queues. */
  queues?: string[]
  /** Jobs run at once, 1–10,000. Default 8. */
  concurrency?: number
  /**
   * Where handlers run. `none` (default): in this thread. `thread`: in threads of their own; a JavaScript loop is ended at its
   * time limit. `process`: in processes of their own; whatever a job does is ended at its limit, and harms no other.
   */
  isolate?: Isolate
  /**
   * For `thread` and `process`: the module that exports the jobs, which each of them loads, such as
   * `new URL('./jobs.ts', import.meta.url)`. It must start no worker.
   */
  module?: URL | string
  /** Shown to operators. Default: host name and process id. */
  name?: string
}

/** Throws for an option that is unknown or can never work. */
export function checkedWorker(options: WorkerOptions): WorkerOptions {
  refuseUnknown(options, ['queues', 'concurrency', 'isolate', 'module', 'name'], 'worker')
  const { queues, concurrency, isolate } = options
  if (concurrency !== undefined && !(Number.isInteger(concurrency) && concurrency >= 1 && concurrency <= 10_000))
    throw new RangeError(`worker: concurrency is a whole number, 1–10,000, got ${concurrency}`)
  if (isolate !== undefined && !isolates.includes(isolate))
    throw new TypeError(`worker: isolate is ${isolates.join(', ')}, got "${isolate}".${didYouMean(isolate, isolates)}`)
  if (queues?.includes('*')) return { ...options, queues: [] }
  const bad = queues?.find((queue) => !isName(queue))
  if (bad === undefined) return options
  throw new TypeError(`worker: a queue has 1–100 letters, digits or . _ : -, got "${bad}"`)
}

/** The module with the jobs, as children load it. Throws when it is missing, or is no file. */
export function moduleOf(isolate: Isolate, module: URL | string | undefined): URL {
  if (module === undefined)
    throw new TypeError(
      `worker: isolate "${isolate}" runs jobs elsewhere, where they must be loaded from a module: say which, worker({ isolate: '${isolate}', module: new URL('./jobs.js', import.meta.url) }); \`waybill work\` takes the config file`,
    )
  const url = URL.parse(String(module))
  if (url?.protocol === 'file:') return url
  throw new TypeError(
    `worker: module is the URL of a file, such as new URL('./jobs.js', import.meta.url), got "${module}"`,
  )
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

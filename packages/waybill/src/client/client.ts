// The client of the HTTP API, for browsers and every other JavaScript runtime. No dependency.
import { defaultEnv, type ClientEnv } from './env.ts'
import { WaybillClientError } from './errors.ts'
import type { TokenSource } from './token.ts'
import { Transport } from './transport.ts'
import { fromWire, toWire, type Job } from './views.ts'
import { Watching, type Connection } from './watching.ts'

export interface ClientOptions {
  /** Where the API is, such as `/api/v1` or `https://jobs.example.org/api/v1`. */
  url: string
  /** An API key or token, or a function that gets one; it is asked again when the server no longer takes the last. */
  token?: TokenSource
  /** Called when the way to the server changes: `live`, `polling`, `offline`, … */
  onConnection?: (connection: Connection) => void
  /** Time, chance and fetch; for tests and unusual runtimes. */
  env?: Partial<ClientEnv>
}

/** What may be said of a job at submit (contract §4.1), in camelCase. */
export interface SubmitOptions {
  id?: string
  queue?: string
  priority?: number | 'high' | 'default' | 'low'
  delayMs?: number
  runAt?: string
  startBy?: string
  timeoutMs?: number
  softTimeoutMs?: number
  retentionMs?: number
  subject?: string
  title?: string
  userId?: string
  tags?: string[]
  metadata?: Record<string, unknown>
  /** Made by itself when left out: a lost reply never doubles a job. */
  idempotencyKey?: string
}

export interface ListOptions {
  userId?: string
  status?: Job['status'][]
  type?: string
  queue?: string
  subject?: string
  tag?: string
  text?: string
  limit?: number
  cursor?: string
}

export interface JobPage {
  items: Job[]
  nextCursor: string | null
}

export class WaybillClient {
  readonly #transport: Transport
  readonly #watching: Watching

  constructor({ url, token, onConnection = () => {}, env }: ClientOptions) {
    this.#transport = new Transport(url, token, { ...defaultEnv, ...env })
    this.#watching = new Watching(this.#transport, onConnection)
  }

  /** The way to the server that watching has at this moment. */
  get connection(): Connection {
    return this.#watching.connection
  }

  /** Submits a job. Durable when this resolves; sent again safely when the reply was lost. */
  async submit(type: string, input: unknown, options: SubmitOptions = {}): Promise<Job> {
    const { idempotencyKey = crypto.randomUUID(), ...members } = options
    const body = { type, input, ...toWire(members) }
    return fromWire(
      await this.#transport.json('/jobs', {
        method: 'POST',
        body,
        headers: { 'idempotency-key': idempotencyKey },
        repeatable: true,
      }),
    )
  }

  /** Throws WaybillClientError `not_found` or `job_expired`. */
  async get(id: string): Promise<Job> {
    return fromWire(await this.#transport.json(jobPath(id)))
  }

  async list(options: ListOptions = {}): Promise<JobPage> {
    const { status, ...rest } = options
    const query = new URLSearchParams()
    for (const [key, value] of Object.entries(toWire(rest))) query.set(key, String(value))
    if (status) query.set('status', status.join(','))
    return fromWire(await this.#transport.json(`/jobs?${query.toString()}`))
  }

  /** Cancels a job that waits; asks a running one to stop. Throws `job_finished` when it has ended otherwise. */
  async cancel(
    id: string,
    options: { reason?: string; mode?: 'cooperative' | 'force'; graceMs?: number } = {},
  ): Promise<Job> {
    return fromWire(await this.#transport.json(`${jobPath(id)}/cancel`, { method: 'POST', body: toWire(options) }))
  }

  /** Runs an ended job again. */
  async retry(id: string, options: { input?: unknown } = {}): Promise<Job> {
    return fromWire(await this.#transport.json(`${jobPath(id)}/retry`, { method: 'POST', body: options }))
  }

  /** The result of a completed job. Throws `job_not_finished` or `no_result` otherwise. */
  async result(id: string): Promise<unknown> {
    return this.#transport.json(`${jobPath(id)}/result`)
  }

  /**
   * Every state of a job as it comes, the present one first, the end state last. Survives restarts of the server, lost
   * networks and expired tokens. Throws `not_found` when the job is not there (or not yours), or is no longer.
   */
  watch(id: string, options: { signal?: AbortSignal } = {}): AsyncGenerator<Job, void, undefined> {
    return this.#watching.watch(id, options.signal)
  }

  /** Waits for the end of a job and answers it. */
  async ended(id: string, options: { signal?: AbortSignal } = {}): Promise<Job> {
    let last: Job | null = null
    for await (const job of this.watch(id, options)) last = job
    if (last === null)
      throw new WaybillClientError('network', 0, `watching job ${id} was stopped before anything was seen of it`)
    return last
  }
}

function jobPath(id: string): string {
  return `/jobs/${encodeURIComponent(id)}`
}

// The client of the HTTP API, for browsers and every other JavaScript runtime. No dependency.
import { defaultEnv, type ClientEnv } from './env.ts'
import { networkError } from './errors.ts'
import type {
  BatchJob,
  BatchOptions,
  CancelOptions,
  JobPage,
  ListOptions,
  LookedUp,
  SubmitOptions,
  SubmittedBatch,
  WatchAllOptions,
  WatchOptions,
} from './options.ts'
import { batchPath, jobPath, queryOf } from './paths.ts'
import type { TokenSource } from './token.ts'
import { Transport } from './transport.ts'
import { fromWire, isEnded, jobOf, jobWithToken, toWire, type Batch, type Job, type ViewToken } from './views.ts'
import { Watching, type Connection } from './watching.ts'

export interface ClientOptions {
  /** Where the API is, such as `/api/v1` or `https://jobs.example.org/api/v1`. */
  url: string
  /** An API key or token, or a function that gets one; it is asked again when the server no longer takes the last. */
  token?: TokenSource
  /** Instead of the runtime's own. */
  fetch?: typeof fetch
  /** Time, chance and the page's signals; for tests and unusual runtimes. */
  env?: Partial<ClientEnv>
}

export class WaybillClient {
  readonly #transport: Transport
  readonly #watching: Watching

  constructor({ url, token, fetch, env }: ClientOptions) {
    this.#transport = new Transport(url, token, { ...defaultEnv, ...env, ...(fetch ? { fetch } : {}) })
    this.#watching = new Watching(this.#transport)
  }

  /** The way to the server that watching has at this moment. */
  get connection(): Connection {
    return this.#watching.connection
  }

  /** Calls `listener` whenever `connection` changes. The function it answers stops that. */
  onConnection(listener: (connection: Connection) => void): () => void {
    return this.#watching.onConnection(listener)
  }

  /** What the server's clock shows (ms since 1970), as far as its event streams have told; else this machine's. */
  get serverTime(): number {
    return this.#transport.clock.now()
  }

  /** Submits a job. Durable when this resolves; sent again safely when the reply was lost. */
  submit(type: string, input: unknown, options: SubmitOptions & { viewToken: true }): Promise<Job & ViewToken>
  submit(type: string, input: unknown, options?: SubmitOptions): Promise<Job>
  async submit(type: string, input: unknown, options: SubmitOptions = {}): Promise<Job> {
    const { idempotencyKey = this.#transport.env.newKey(), viewToken = false, ...members } = options
    const headers = { 'idempotency-key': idempotencyKey }
    const body = { type, input, ...toWire(members) }
    const path = viewToken ? '/jobs?view_token=1' : '/jobs'
    const answer = await this.#transport.json(path, { method: 'POST', headers, repeatable: true, body })
    return viewToken ? jobWithToken(answer) : jobOf(answer)
  }

  /** Submits up to 1,000 jobs as one batch; sent again safely when the reply was lost. */
  async submitBatch(jobs: readonly BatchJob[], options: BatchOptions = {}): Promise<SubmittedBatch> {
    const { idempotencyKey = this.#transport.env.newKey(), atomic = true, ...batch } = options
    const body = { jobs: jobs.map((job) => toWire(job)), atomic, batch: toWire(batch) }
    const ask = { method: 'POST', headers: { 'idempotency-key': idempotencyKey }, repeatable: true }
    return fromWire(await this.#transport.json('/jobs/batch', { ...ask, body }))
  }

  /** How a batch stands. Throws `not_found`. */
  async batch(id: string): Promise<Batch> {
    return fromWire(await this.#transport.json(batchPath(id)))
  }

  /** Cancels all jobs of a batch that have not ended; those that run are asked to stop. */
  async cancelBatch(id: string): Promise<Batch> {
    return fromWire(await this.#transport.json(batchPath(id), { method: 'DELETE', repeatable: true }))
  }

  /** Runs the failed jobs of a batch again, and says how many. */
  async retryBatch(id: string): Promise<{ retried: number; batch: Batch }> {
    return fromWire(await this.#transport.json(`${batchPath(id)}/retry`, { method: 'POST' }))
  }

  /** Throws WaybillClientError `not_found` or `job_expired`. */
  async get(id: string): Promise<Job> {
    return jobOf(await this.#transport.json(jobPath(id)))
  }

  /** A page of jobs, newest first. */
  async list(options: ListOptions = {}): Promise<JobPage> {
    return fromWire(await this.#transport.json(`/jobs?${queryOf(toWire(options))}`))
  }

  /** Up to 200 jobs at once; of those whose rev is given in `revs`, only what has changed since. */
  async lookup(ids: readonly string[], revs?: Readonly<Record<string, number>>): Promise<LookedUp> {
    const body = revs ? { ids, revs } : { ids }
    return fromWire(await this.#transport.json('/jobs/lookup', { method: 'POST', body, repeatable: true }))
  }

  /** Cancels a job that waits; asks a running one to stop. Throws `job_finished` when it has ended otherwise. */
  async cancel(id: string, options: CancelOptions = {}): Promise<Job> {
    return jobOf(await this.#transport.json(`${jobPath(id)}/cancel`, { method: 'POST', body: toWire(options) }))
  }

  /** Runs an ended job again: with a new `input`, and from a step on, if those are given. */
  async retry(id: string, options: { input?: unknown; fromStep?: string } = {}): Promise<Job> {
    return jobOf(await this.#transport.json(`${jobPath(id)}/retry`, { method: 'POST', body: toWire(options) }))
  }

  /** Sends a signal to a job that waits for it, or will. */
  async signal(id: string, name: string, payload: unknown = null): Promise<Job> {
    const path = `${jobPath(id)}/signals/${encodeURIComponent(name)}`
    return jobOf(await this.#transport.json(path, { method: 'POST', body: { payload } }))
  }

  /** The result of a completed job. Throws `job_not_finished` or `no_result` otherwise. */
  async result(id: string): Promise<unknown> {
    return this.#transport.json(`${jobPath(id)}/result`)
  }

  /**
   * Every state of a job as it comes, the present one first, the end state last. Survives restarts of the server, lost
   * networks and expired tokens. Throws `not_found` or `job_expired` when the job is not there (or not yours), or is no
   * longer. A consumer that is slow gets the newest state, not each one. Ends quietly when `signal` aborts.
   */
  watch(id: string, { signal }: WatchOptions = {}): AsyncGenerator<Job, void, undefined> {
    return this.#watching.jobs([id], signal)
  }

  /**
   * The states of many jobs as they come. Named `jobs` share one stream with all else that is watched, and the loop
   * ends when all have ended; with a filter (`userId`, `queue`, …) it tells of new jobs too and never ends by itself.
   * A job that is not there is passed over, after `onGone` has been told.
   */
  watchAll({ jobs, signal, onGone = () => {}, ...filter }: WatchAllOptions): AsyncGenerator<Job, void, undefined> {
    if (jobs) return this.#watching.jobs(jobs, signal, onGone)
    const query = queryOf(toWire(filter))
    if (query === '') throw new TypeError('watchAll: say what to watch: jobs, or userId, batch, queue, type or subject')
    return this.#watching.filter(query, signal, onGone)
  }

  /** Waits for the end of a job and answers it. Rejects when `signal` aborts. */
  async ended(id: string, options: WatchOptions = {}): Promise<Job> {
    for await (const job of this.watch(id, options)) if (isEnded(job)) return job
    options.signal?.throwIfAborted()
    throw networkError(`watching job ${id} stopped before its end`)
  }
}

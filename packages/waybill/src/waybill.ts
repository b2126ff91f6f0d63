// Where the parts meet: one engine, the writers, the readers, behind the public TypeScript API.
import { hostname } from 'node:os'
import type { Bridge } from './bridges/desk.ts'
import type { Dialect } from './bridges/dialect.ts'
import { idleAccelerator } from './config/accelerator.ts'
import { unknownVariables } from './config/doubts.ts'
import { resolveSettings, settingNames, type Environment, type SettingOptions } from './config/resolve.ts'
import type { Settings } from './config/settings.ts'
import { isGone, type JobFilter } from './engine/engine.ts'
import { existing, removed } from './engine/existing.ts'
import { cancelGraceMs } from './job/policy.ts'
import { jobsByType, refuseUnknown, type AnyJobDefinition, type JobDefinition } from './job/definition.ts'
import { JobCancelled, JobFailed, WaitTimeout } from './job/ended.ts'
import { WaybillError } from './job/errors.ts'
import type { JobRecord } from './job/record.ts'
import { isEnd } from './job/status.ts'
import { toMs, type Duration } from './lib/duration.ts'
import { newId } from './lib/ids.ts'
import type { Json } from './lib/json.ts'
import { jsonLogger, type Logger } from './lib/log.ts'
import { newRef, openParts, thisWorld, type Parts, type World } from './parts.ts'
import { batchRequest, type BatchEntry, type BatchOptions } from './submit/batch-options.ts'
import { BatchFace } from './submit/batch-face.ts'
import { requestOf, type EnqueueOptions } from './submit/enqueue-options.ts'
import type { RetryWish } from './submit/control.ts'
import { faultOf } from './submit/submit.ts'
import { isExpired } from './watch/watch.ts'
import { checkedWorker, moduleOf, WaybillWorker, type WorkerOptions } from './worker/handle.ts'
import type { Isolation } from './worker/isolation/pool.ts'
import { isHandled } from './worker/run.ts'
import { Worker } from './worker/worker.ts'

export interface WaybillOptions extends SettingOptions {
  /** The types of job that may be submitted and run here. */
  jobs?: readonly AnyJobDefinition[]
  /** What lets Waybill live beside keys, lists and routes that exist already: see `waybill/bridges`. */
  bridges?: readonly (Bridge | Dialect)[]
  /** Default: JSON lines on standard error. Any pino-shaped logger fits. */
  logger?: Logger
}

/** A job as the TypeScript API shows it. */
export type Job<Output = Json> = Omit<JobRecord, 'result'> & { result: Output | null }

// A long poll of the library: longer waits ask again.
const oneWaitMs = 60_000

export class WaybillCore {
  readonly settings: Settings
  /** How a batch stands; cancelling and retrying what is in it. */
  readonly batches: BatchFace = new BatchFace(async () => (await this.parts()).batches)
  readonly #jobs: ReadonlyMap<string, AnyJobDefinition>
  readonly #bridges: readonly (Bridge | Dialect)[]
  readonly #world: World
  readonly #log: Logger
  readonly #doubts: readonly string[]
  readonly #workers = new Set<Worker>()
  #opened: Promise<Parts> | null = null
  #closed = false

  constructor(
    options: WaybillOptions = {},
    env: Environment = process.env,
    cwd: string = process.cwd(),
    world: World = thisWorld,
  ) {
    refuseUnknown(options, [...settingNames, 'jobs', 'bridges', 'logger'], 'createWaybill')
    this.settings = resolveSettings(options, env, cwd)
    this.#jobs = jobsByType(options.jobs ?? [])
    this.#bridges = options.bridges ?? []
    this.#world = world
    this.#log = options.logger ?? jsonLogger(this.settings.logLevel)
    this.#doubts = [...unknownVariables(env, cwd), ...idleAccelerator(options, env, cwd)]
  }

  /** Stores a job, durable when this resolves. Throws WaybillError: `invalid_input`, `too_large`, `queue_full`, … */
  async enqueue<I, O>(job: JobDefinition<I, O>, input: I, options: EnqueueOptions = {}): Promise<Job<O>> {
    const { submit } = await this.#submitting()
    const { record } = await submit.submit(requestOf(job, input, options), options.tx)
    return shown<O>(record)
  }

  /** Stores many jobs in one go, all or none. */
  async enqueueMany<I, O>(
    job: JobDefinition<I, O>,
    inputs: readonly I[],
    options: EnqueueOptions = {},
  ): Promise<Job<O>[]> {
    const { submit } = await this.#submitting()
    const answers = await submit.submitMany(
      inputs.map((input) => requestOf(job, input, options)),
      { atomic: true, tx: options.tx },
    )
    const fault = faultOf(answers)
    if (fault) throw fault
    return answers.flatMap((answer) => (answer instanceof WaybillError ? [] : shown<O>(answer.record)))
  }

  /** Stores jobs of any types as one batch, all or none, that can be watched, cancelled and retried together. */
  async enqueueBatch(entries: readonly BatchEntry[], options: BatchOptions = {}): Promise<{ id: string; jobs: Job[] }> {
    const { batches } = await this.#submitting()
    const { batchId, answers } = await batches.submit(batchRequest(entries, options))
    return { id: batchId, jobs: answers.flatMap((one) => ('record' in one ? shown(one.record) : [])) }
  }

  /** Null when there is no such job. Throws `job_expired` for one that was removed after its retention. */
  async get(id: string): Promise<Job | null> {
    const { watch } = await this.parts()
    const found = await watch.get(id)
    if (found === null) return null
    if (isGone(found) || isExpired(found.record, watch.now())) throw removed(id)
    return shown(found.record)
  }

  /** Newest first, 50 unless said otherwise. */
  async list(
    filter: JobFilter = {},
    options: { limit?: number; after?: string } = {},
  ): Promise<{ jobs: Job[]; next: string | null }> {
    const { watch } = await this.parts()
    const { records, next } = await watch.list({ filter, limit: options.limit ?? 50, after: options.after ?? null })
    return { jobs: records.map((record) => shown(record)), next }
  }

  /** Cancels a job that waits; asks a running one to stop, and revokes its lease after the grace (30 s). */
  async cancel(id: string, options: { reason?: string; force?: boolean; grace?: Duration } = {}): Promise<Job> {
    const { control } = await this.parts()
    const graceMs = options.grace === undefined ? cancelGraceMs : toMs(options.grace, 'cancel: grace')
    const { record } = await control.cancel(id, {
      reason: options.reason ?? null,
      mode: options.force ? 'force' : 'cooperative',
      graceMs,
    })
    return shown(record)
  }

  /**
   * Runs an ended job again, under the same id, its steps kept. With `fromStep` that step and all that began after it are
   * done again; `input` replaces the old one. Throws `job_not_finished`, `invalid_input`, `bad_request` for an unknown step.
   */
  async retry(id: string, options: RetryWish = {}): Promise<Job> {
    refuseUnknown(options, ['input', 'fromStep'], 'retry')
    const { control } = await this.parts()
    return shown(await control.retry(id, options))
  }

  /** Every state of a job as it comes, the present one first, the end last. */
  async *watch(id: string, options: { signal?: AbortSignal } = {}): AsyncGenerator<Job, void, undefined> {
    const { watch } = await this.parts()
    for (let rev = 0; !options.signal?.aborted; ) {
      const found = await watch.changed(id, rev, { until: 'change', timeoutMs: oneWaitMs, ...options })
      const record = existing(id, found)
      if (record.rev > rev) yield shown(record)
      rev = record.rev
      if (isEnd(record.status)) return
    }
  }

  /** The result of a job, once it has one. Throws JobFailed, JobCancelled, or WaitTimeout after `timeout` (default: never). */
  async result<O>(
    job: { readonly id: string; readonly result?: O | null },
    options: { timeout?: Duration; signal?: AbortSignal } = {},
  ): Promise<O> {
    const { watch, clock } = await this.parts()
    const ms = options.timeout === undefined ? Number.POSITIVE_INFINITY : toMs(options.timeout, 'result: timeout')
    const until = clock.now() + ms
    let justStored = 'rev' in job && job.rev === 1
    for (;;) {
      options.signal?.throwIfAborted()
      const timeoutMs = Math.min(oneWaitMs, until - clock.now())
      const found = await watch.changed(job.id, 0, {
        until: 'end',
        timeoutMs,
        justStored,
        ...(options.signal ? { signal: options.signal } : {}),
      })
      justStored = false
      const ended = shown<O>(existing(job.id, found))
      if (ended.status === 'failed') throw new JobFailed(job.id, ended.error)
      if (ended.status === 'cancelled') throw new JobCancelled(job.id, ended.cancelReason)
      if (ended.status === 'completed') return resultOf(ended)
      if (clock.now() >= until) throw new WaitTimeout(job.id, ms)
    }
  }

  /** A worker for the jobs of this Waybill: `await waybill.worker().start()`. */
  worker(options: WorkerOptions = {}): WaybillWorker {
    const { queues = this.settings.queues, concurrency = this.settings.concurrency } = checkedWorker(options)
    const isolation = this.#isolation(options)
    return new WaybillWorker(async () => {
      const { engine, settings, operate, log, telemetry, upkeep, world } = await this.parts()
      const worker = new Worker({
        engine,
        engineUrl: engine.can.shared ? settings.engineUrl : null,
        jobs: operate.runnable,
        log,
        telemetry,
        clock: world.steady,
        newId,
        queues,
        concurrency,
        ...isolation,
        leaseMs: settings.leaseMs,
        shutdownGraceMs: settings.shutdownGraceMs,
        name: options.name ?? `${hostname()}:${process.pid}`,
        chance: { random: world.random, newRef },
      })
      this.#workers.add(worker)
      upkeep.start()
      return worker
    })
  }

  #isolation({ isolate: kind = this.settings.isolate, module }: WorkerOptions): { isolation?: Isolation } {
    if (kind === 'none') return {}
    const handled = [...this.#jobs.values()].filter(isHandled).map(({ type }) => type)
    const { memoryMb } = this.settings
    return { isolation: { kind, module: moduleOf(kind, module), memoryMb, types: new Set(handled) } }
  }

  /** Brings the store to this version's layout. Done by itself at first use unless `migrate` is false. */
  async migrate(): Promise<void> {
    await this.parts()
  }

  /** The parts, opened at first use. */
  parts(): Promise<Parts> {
    if (this.#closed)
      return Promise.reject(new WaybillError('draining', 'this Waybill has been closed; make a new one'))
    this.#opened ??= this.#open().catch((error: unknown) => {
      this.#opened = null // the next call tries again
      throw error
    })
    return this.#opened
  }

  /** Stops workers (within their grace) and upkeep, and closes the engine. */
  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    if (!this.#opened) return
    const { engine, watch, upkeep, bridges } = await this.#opened
    await Promise.all([...this.#workers].map((worker) => worker.stop()))
    await upkeep.stop()
    bridges.close()
    watch.close()
    await engine.close()
  }

  // Whoever submits also serves the bridges: foreign workers may be the only ones there are.
  async #submitting(): Promise<Parts> {
    const parts = await this.parts()
    if (this.#bridges.length > 0) parts.upkeep.start()
    return parts
  }

  #open(): Promise<Parts> {
    const [settings, jobs, bridges] = [this.settings, this.#jobs, this.#bridges]
    const [log, world] = [this.#log, this.#world]
    for (const text of this.#doubts) log.warn({}, text)
    return openParts({ settings, jobs, bridges, log, world })
  }
}

// The record as it is: no copy a job.
function shown<O>(record: JobRecord): Job<O>
function shown(record: JobRecord): JobRecord {
  return record
}

// A completed job has the result that its handler returned.
function resultOf<O>(job: Job<O>): O
function resultOf(job: Job<unknown>): unknown {
  return job.result
}

// What people ask of a job that exists: cancel, retry, signal, purge. Read → decide → write if nothing moved meanwhile, else again.
import { isGone, type JobDetails, type ReadEngine, type WriteEngine } from '../engine/engine.ts'
import { postponed, type Postponement } from '../job/debounce.ts'
import { cancel, type CancelWish } from '../job/decide.ts'
import type { Change } from '../job/change.ts'
import { WaybillError } from '../job/errors.ts'
import type { JobRecord, Step } from '../job/record.ts'
import { rerun } from '../job/rerun.ts'
import { isName, limits } from '../job/limits.ts'
import { signalSent } from '../job/waits.ts'
import { jsonFault, type Json } from '../lib/json.ts'
import { didYouMean } from '../lib/suggest.ts'
import { Batcher } from '../lib/batcher.ts'
import { checkedInput, definitionOf, type Jobs } from './check.ts'

export interface CancelOutcome {
  /** `requested`: it is running, its worker has been told. */
  outcome: 'cancelled' | 'requested' | 'already_cancelled'
  record: JobRecord
}

export interface RetryWish {
  /** A new input instead of the old one. */
  input?: unknown
  /** The first step that is done again. */
  fromStep?: string
}

/** How often a decision is made anew because the job moved between reading and writing. */
const tries = 10

export class Control {
  readonly #engine: ReadEngine & WriteEngine
  readonly #jobs: Jobs
  readonly #postponements = new Batcher((asked: { id: string; wish: Postponement }[]) => this.#postponeAll(asked))

  constructor(engine: ReadEngine & WriteEngine, jobs: Jobs) {
    this.#engine = engine
    this.#jobs = jobs
  }

  /** Throws `not_found`, `job_expired`, or `job_finished` when the job has ended otherwise. */
  async cancel(id: string, wish: CancelWish = {}): Promise<CancelOutcome> {
    for (let i = 0; i < tries; i++) {
      const job = await this.#read(id)
      const change = cancel(job, wish)
      if (!change) return alreadyEnded(job)
      if (await this.#store(change))
        return { outcome: change.to === 'cancelled' ? 'cancelled' : 'requested', record: await this.#read(id) }
    }
    throw restless(id)
  }

  /**
   * Runs an ended job again under the same id. Steps that were done are kept; with `fromStep` that one and all that began
   * after it are done again. Throws `not_found`, `job_expired`, `job_not_finished`, `invalid_input`, and `bad_request` for a
   * step that the job does not have.
   */
  async retry(id: string, wish: RetryWish = {}): Promise<JobRecord> {
    for (let i = 0; i < tries; i++) {
      const { record, steps = [] } = await this.#find(id, wish.fromStep !== undefined)
      const { fromStep } = wish
      const input = await this.#input(record, wish.input)
      const change = rerun(record, steps, {
        ...(input === undefined ? {} : { input }),
        ...(fromStep === undefined ? {} : { fromStep }),
      })
      if (change === null)
        throw new WaybillError('job_not_finished', `job ${id} is ${record.status}; only an ended job can be retried`)
      if (change === 'no such step') throw noSuchStep(id, fromStep ?? '', steps)
      if (await this.#store(change)) return this.#read(id)
    }
    throw restless(id)
  }

  /**
   * Sends a signal: it wakes the job that waits for it, and is kept for one that does not wait for it yet. Throws
   * `not_found`, `job_expired`, `job_finished`, `bad_request` for what is no name or no JSON, `too_large`.
   */
  async signal(id: string, name: string, payload: unknown = null): Promise<JobRecord> {
    const signal = { name: checkedName(name), payload: checkedPayload(name, payload) }
    for (let i = 0; i < tries; i++) {
      const { record, steps = [] } = await this.#find(id, true)
      const change = signalSent(record, steps, signal, this.#engine.now())
      if (change === null) throw new WaybillError('job_finished', `job ${id} has ended already: ${record.status}`)
      if (change === 'full')
        throw new WaybillError('too_large', `job ${id} holds ${limits.signals} signals, and takes no more`)
      if (await this.#store(change)) return this.#read(id)
    }
    throw restless(id)
  }

  /**
   * Gives a job that waits for its time a new input and a new wait. Null when its time has come, or it is gone. Of many who
   * ask in one moment the last one's wish is stored, once.
   */
  postpone(id: string, wish: Postponement): Promise<JobRecord | null> {
    return this.#postponements.add({ id, wish })
  }

  async #postponeAll(asked: { id: string; wish: Postponement }[]): Promise<(JobRecord | null)[]> {
    const last = new Map(asked.map(({ id, wish }) => [id, wish]))
    const stored = await Promise.all(
      [...last].map(async ([id, wish]) => [id, await this.#postponeOne(id, wish)] as const),
    )
    const records = new Map(stored)
    return asked.map(({ id }) => records.get(id) ?? null)
  }

  async #postponeOne(id: string, wish: Postponement): Promise<JobRecord | null> {
    for (let i = 0; i < tries; i++) {
      const [found] = await this.#engine.get([id])
      const change = found && !isGone(found) ? postponed(found.record, wish, this.#engine.now()) : null
      if (!change) return null
      if (await this.#store(change)) return this.#read(id)
    }
    throw restless(id)
  }

  /** Erases an ended job at once, leaving its tombstone. Throws `job_not_finished` for one that has not ended. */
  async purge(id: string): Promise<void> {
    const job = await this.#read(id)
    const purged = await this.#engine.purge(1, id)
    if (purged === 0)
      throw new WaybillError('job_not_finished', `job ${id} is ${job.status}; cancel it before purging it`)
  }

  async #input(job: JobRecord, given: unknown): Promise<Json | undefined> {
    if (given === undefined) return undefined
    const input: Json = JSON.parse(await checkedInput(definitionOf(this.#jobs, job.type), given))
    return input
  }

  async #store(change: Change): Promise<boolean> {
    const { applied } = await this.#engine.apply([change])
    return applied[0]?.outcome === 'applied'
  }

  async #read(id: string): Promise<JobRecord> {
    return (await this.#find(id)).record
  }

  async #find(id: string, steps = false): Promise<JobDetails> {
    const [found] = await this.#engine.get([id], { steps })
    if (!found) throw new WaybillError('not_found', `there is no job ${id}`)
    if (isGone(found)) throw new WaybillError('job_expired', `job ${id} has been removed after its retention`)
    return found
  }
}

function alreadyEnded(record: JobRecord): CancelOutcome {
  if (record.status === 'cancelled') return { outcome: 'already_cancelled', record }
  throw new WaybillError('job_finished', `job ${record.id} has ended already: ${record.status}`)
}

function noSuchStep(id: string, fromStep: string, steps: readonly Step[]): WaybillError {
  const keys = steps.map(({ key }) => key)
  const named = keys
    .slice(0, 20)
    .map((key) => JSON.stringify(key))
    .join(', ')
  const has = keys.length === 0 ? 'it has recorded none' : `it has ${named}${keys.length > 20 ? ', …' : ''}`
  const detail = `job ${id} has no step ${JSON.stringify(fromStep)}; ${has}.${didYouMean(fromStep, keys)}`
  return new WaybillError('bad_request', detail, { errors: [{ pointer: '/from_step', detail }] })
}

function checkedName(name: string): string {
  if (isName(name)) return name
  throw new WaybillError('bad_request', `a signal's name has 1–100 letters, digits or . _ : -, got "${name}"`)
}

function checkedPayload(name: string, payload: unknown): Json {
  const value = payload ?? null
  const fault = jsonFault(value)
  if (fault)
    throw new WaybillError('bad_request', `signal "${name}": its payload ${fault.detail}`, {
      errors: [{ pointer: `/payload${fault.pointer}`, detail: fault.detail }],
    })
  const text = JSON.stringify(value)
  const bytes = Buffer.byteLength(text)
  if (bytes > limits.signalBytes)
    throw new WaybillError(
      'too_large',
      `signal "${name}": its payload has ${bytes} bytes, the limit is ${limits.signalBytes}`,
    )
  const json: Json = JSON.parse(text)
  return json
}

function restless(id: string): WaybillError {
  return new WaybillError('engine_unavailable', `job ${id} kept changing; try again`, { retryAfter: 1 })
}

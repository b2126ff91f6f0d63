// testWaybill: a real engine, a real worker, the real rules, on a clock that stands still until the test moves it.
import { JobCancelled, JobFailed } from '../job/ended.ts'
import type { JobDefinition } from '../job/definition.ts'
import { toMs, type Duration } from '../lib/duration.ts'
import type { Json } from '../lib/json.ts'
import { didYouMean } from '../lib/suggest.ts'
import type { Waybill } from '../index.ts'
import type { EnqueueOptions } from '../submit/enqueue-options.ts'
import type { Job } from '../waybill.ts'
import type { Crew } from './crew.ts'
import { Driver } from './driver.ts'
import { ended } from './ending.ts'
import { faultyVerbs, type Fault, type Faults, type FaultyVerb } from './faults.ts'
import { historyOf, type HistoryEntry } from './history.ts'
import { allJobs } from './moments.ts'
import { realMs } from './real-time.ts'
import type { Store } from './store.ts'
import type { VirtualClock } from './virtual-clock.ts'

export interface TestParts {
  waybill: Waybill
  clock: VirtualClock
  store: Store
  faults: Faults
  crew: Crew
  /** Whether the worker can run jobs of this type. */
  runs: (type: string) => boolean
  patienceMs: number
}

/** Real time that running handlers get before time moves, for what they are just doing. */
const breathMs = 10

export class TestWaybill {
  /** The Waybill itself: `signal`, `cancel`, `schedule`, `watch`, `fetch`, … */
  readonly waybill: Waybill
  readonly #parts: TestParts
  readonly #driver: Driver
  #closing: Promise<void> | null = null

  constructor(parts: TestParts) {
    this.waybill = parts.waybill
    this.#parts = parts
    this.#driver = new Driver({ ...parts, alive: () => parts.crew.alive })
  }

  /** What the clock shows. */
  now(): Date {
    return new Date(this.#parts.clock.now())
  }

  /** Stores a job; the worker begins it at once. */
  enqueue<I, O>(job: JobDefinition<I, O>, input: I, options: EnqueueOptions = {}): Promise<Job<O>> {
    return this.waybill.enqueue(job, input, options)
  }

  /**
   * Runs a job to its end and answers its result: delays, retries and sleeps pass at once. Throws JobFailed or JobCancelled,
   * and an Error that says why when the job would never end, such as for want of a signal.
   */
  async run<I, O>(job: JobDefinition<I, O>, input: I, options: EnqueueOptions = {}): Promise<O> {
    return this.result(await this.enqueue(job, input, options))
  }

  /** `run` for a job that was submitted before. */
  async result<O>(job: { readonly id: string; readonly result?: O | null }): Promise<O> {
    const { id, status, result, error, cancelReason } = await ended({ ...this.#parts, driver: this.#driver }, job.id)
    if (status === 'failed') throw new JobFailed(id, error)
    if (status === 'cancelled') throw new JobCancelled(id, cancelReason)
    const answer: O = JSON.parse(JSON.stringify(result))
    return answer
  }

  /** Lets time pass. All that is due by then happens at its time and in its order. */
  async advance(duration: Duration): Promise<void> {
    const { clock, crew } = this.#parts
    const target = clock.now() + toMs(duration, 'advance')
    await this.#driver.rest()
    for (let ms = 0; ms < breathMs && crew.active > 0; ms++) await realMs(1)
    await this.#driver.advanceTo(target)
  }

  /**
   * The worker is gone, as by kill -9: what it does from now on reaches nobody, its leases run out as time passes. Its
   * handlers stand still at their next call of `ctx`. Another worker takes its place at once.
   */
  crashWorker(): void {
    this.#parts.crew.crash()
  }

  /** The store is away for a time (`"20s"`), or for so many calls: the worker's, upkeep's and your own. */
  dropStore(what: number | string): void {
    const { faults } = this.#parts
    if (typeof what === 'string') return faults.failFor(toMs(what, 'dropStore'))
    if (Number.isInteger(what) && what > 0) return faults.failCalls(what)
    throw new RangeError(`dropStore: expected a number of calls, or a duration such as "20s", got ${what}`)
  }

  /** The next call of this kind fails: `before` it does anything, or `after` it was done, its answer lost. */
  failNext(verb: FaultyVerb, when: Fault = 'before'): void {
    if (!faultyVerbs.includes(verb))
      throw new TypeError(`failNext: one of ${faultyVerbs.join(', ')}, got "${verb}".${didYouMean(verb, faultyVerbs)}`)
    this.#parts.faults.failNext(verb, when)
  }

  /** The states that a job has had, in order, with their times. */
  history(job: string | { readonly id: string }): Promise<HistoryEntry[]> {
    return historyOf(this.#parts.store.real, typeof job === 'string' ? job : job.id)
  }

  /** Every job, oldest first. */
  async jobs(): Promise<Job[]> {
    const records: Job<Json>[] = await allJobs(this.#parts.store.real)
    return records
  }

  /** Stops everything: running handlers are told by `ctx.signal` (`shutdown`). */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close(): Promise<void> {
    const { faults, crew, waybill } = this.#parts
    faults.clear()
    await this.#driver.during('t.close', crew.stop())
    await this.#driver.during('t.close', waybill.close())
  }
}

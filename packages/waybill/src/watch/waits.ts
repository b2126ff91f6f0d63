// What those who wait for a job are told beside its record, gathered from where it is known: why it does not run and how
// many are before it, or when it is likely to end. All of it is remembered for a moment, so that thousands may ask.
import type { ReadEngine } from '../engine/engine.ts'
import type { JobRecord } from '../job/record.ts'
import type { Clock } from '../lib/clock.ts'
import { noWait, type Wait } from './entry.ts'
import { Facts } from './facts.ts'
import { KnownRuns } from './known-runs.ts'
import { Positions } from './positions.ts'
import { isInQueue, waitOf, type WaitFacts } from './wait-text.ts'

export class Waits {
  readonly #engine: ReadEngine
  readonly #facts: Facts
  readonly #positions: Positions
  readonly #runs: KnownRuns

  constructor(engine: ReadEngine, clock: Clock, onError: (error: unknown) => void = () => {}) {
    this.#engine = engine
    this.#facts = new Facts(engine, clock)
    this.#positions = new Positions(engine, clock, onError)
    this.#runs = new KnownRuns(engine, clock, onError)
  }

  /** Without waiting; null when something would have to be read first. */
  now(job: JobRecord): Wait | null {
    if (!isInQueue(job)) return this.#runs.missing(job) === null ? this.#told(job, null, null) : null
    const facts = this.#facts.peek()
    const ahead = this.#positions.peek(job.id)
    return facts === null || ahead === undefined ? null : this.#told(job, facts, ahead)
  }

  async of(job: JobRecord): Promise<Wait> {
    return this.now(job) ?? (await this.ofAll([job]))(job)
  }

  /** For many jobs at once: reads what must be read, then answers for each of them. */
  async ofAll(jobs: readonly JobRecord[]): Promise<(job: JobRecord) => Wait> {
    const queued = jobs.filter(isInQueue)
    const places = Promise.all(queued.map(async ({ id }) => [id, await this.#positions.get(id)] as const))
    const [tell, ahead] = await Promise.all([this.ofNews(jobs), places.then((known) => new Map(known))])
    return (job) => tell(job, ahead.get(job.id) ?? null)
  }

  /** The same for jobs that changed just now, as many as there may be: their places in the queue are not asked for. */
  async ofNews(jobs: readonly JobRecord[]): Promise<(job: JobRecord, ahead?: number | null) => Wait> {
    const facts = jobs.some(isInQueue) ? await this.#facts.get() : null
    await Promise.all(jobs.flatMap((job) => this.#runs.missing(job) ?? []))
    return (job, ahead = null) => this.#told(job, facts, ahead)
  }

  #told(job: JobRecord, facts: WaitFacts | null, ahead: number | null): Wait {
    const now = this.#engine.now()
    if (job.status === 'processing') {
      const estimate = this.#runs.estimateOf(job, now)
      return estimate === null ? noWait : { ...noWait, estimate }
    }
    return { ...waitOf(job, now, facts, ahead), position: ahead === null ? null : ahead + 1, estimate: null }
  }
}

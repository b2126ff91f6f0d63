// Stores what a role has decided about the jobs that are due. A job that cannot be decided or stored must not stop the
// others: when a bite fails, its jobs go one by one, and the guilty ones are left alone for a while.
import type { DueKind, Engine } from '../engine/engine.ts'
import type { Applied, Change } from '../job/change.ts'
import { isOutage } from '../job/errors.ts'
import type { JobRecord } from '../job/record.ts'
import type { Clock } from '../lib/clock.ts'
import type { Logger } from '../lib/log.ts'

export interface BiteParts {
  engine: Engine
  clock: Clock
  log: Logger
}

/** A job that failed by itself is tried again after so long. */
const aloneMs = 300_000
/** So many are remembered; the oldest is forgotten first, which costs another try. */
const mostBad = 1_000

export class Bites {
  readonly #parts: BiteParts
  readonly #kind: DueKind
  readonly #size: number
  readonly #decide: (job: JobRecord) => Change
  /** Jobs that failed by themselves, and until when they are left alone. */
  readonly #bad = new Map<string, number>()

  constructor(parts: BiteParts, kind: DueKind, size: number, decide: (job: JobRecord) => Change) {
    this.#parts = parts
    this.#kind = kind
    this.#size = size
    this.#decide = decide
  }

  /** One bite: how many jobs were changed, and whether there may be more. */
  async take(): Promise<{ applied: number; more: boolean }> {
    const now = this.#parts.clock.now()
    const due = await this.#parts.engine.due(this.#kind, this.#size + this.#bad.size)
    const jobs = due.filter(({ id }) => (this.#bad.get(id) ?? now) <= now)
    const answers = jobs.length === 0 ? [] : await this.#store(jobs)
    const applied = answers.filter((one) => one?.outcome === 'applied').length
    return { applied, more: jobs.length >= this.#size && applied > 0 }
  }

  async #store(jobs: JobRecord[]): Promise<(Applied | null)[]> {
    try {
      return (await this.#parts.engine.apply(jobs.map(this.#decide))).applied
    } catch (error) {
      if (isOutage(error)) throw error
    }
    const answers: (Applied | null)[] = []
    for (const job of jobs) answers.push(await this.#storeOne(job))
    return answers
  }

  async #storeOne(job: JobRecord): Promise<Applied | null> {
    try {
      const { applied } = await this.#parts.engine.apply([this.#decide(job)])
      this.#bad.delete(job.id)
      return applied[0] ?? null
    } catch (error) {
      if (isOutage(error)) throw error
      this.#remember(job, error)
      return null
    }
  }

  #remember({ id, type }: JobRecord, error: unknown): void {
    const { clock, log } = this.#parts
    const what = 'upkeep cannot change this job and leaves it alone; the others go on. Look at its record, or erase it'
    if (!this.#bad.has(id)) log.error({ error, job_id: id, type, due: this.#kind }, what)
    this.#bad.set(id, clock.now() + aloneMs)
    const [oldest] = this.#bad.keys()
    if (this.#bad.size > mostBad && oldest !== undefined) this.#bad.delete(oldest)
  }
}

// Jobs that have lost two workers may be what killed them. Such a suspect runs alone for a while: never beside another
// suspect, with nothing fetched ahead, and nothing new begins in its first half minute. So a job that kills its process takes its neighbours down
// twice at the most, while jobs that only stood near it get through.
import type { JobRecord } from '../job/record.ts'
import type { Attempt } from './attempt.ts'

/** From so many losses on a job is a suspect. */
const suspectLosses = 2
/** How long nothing new begins beside a suspect. */
const aloneMs = 30_000

export class Suspects {
  /** Jobs run in processes of their own: none can harm another. */
  readonly #harmless: boolean
  #running: Attempt | null = null

  constructor(harmless: boolean) {
    this.#harmless = harmless
  }

  isSuspect(job: Pick<JobRecord, 'losses'>): boolean {
    return !this.#harmless && job.losses >= suspectLosses
  }

  /** True while a suspect runs here. */
  get holdsBack(): boolean {
    return this.#running !== null
  }

  /** Nothing else begins now. */
  isAlone(now: number): boolean {
    return this.#running !== null && now - this.#running.begunAt < aloneMs
  }

  mayBegin(job: Pick<JobRecord, 'losses'>, now: number): boolean {
    if (this.#running === null) return true
    return !this.isSuspect(job) && !this.isAlone(now)
  }

  begun(attempt: Attempt): void {
    if (this.isSuspect(attempt.leased.record)) this.#running = attempt
  }

  /** The outcome of an attempt is stored, or it is no longer ours. */
  gone(attempt: Attempt): void {
    if (this.#running === attempt) this.#running = null
  }
}

// One consumer of one job's changes: latest wins while it is busy, never backwards, ended only by an end state or an error.
import { isEnded, type Job } from './views.ts'

export class Follower {
  readonly id: string
  #seen: Job | null = null
  #fresh = false
  #over: { error: Error | null } | null = null
  #wake: () => void = () => {}

  constructor(id: string) {
    this.id = id
  }

  /** The newest view that has come, or null. */
  get latest(): Job | null {
    return this.#seen
  }

  get rev(): number {
    return this.#seen?.rev ?? 0
  }

  get over(): boolean {
    return this.#over !== null
  }

  offer(job: Job): void {
    if (this.#over || job.rev <= this.rev) return
    this.#seen = job
    this.#fresh = true
    if (isEnded(job)) this.#over = { error: null }
    this.#wake()
  }

  fail(error: Error): void {
    this.#over ??= { error }
    this.#wake()
  }

  /** Every view as it comes; the end state is the last. Throws what `fail` was told. */
  async *views(signal?: AbortSignal): AsyncGenerator<Job, void, undefined> {
    const stop = () => this.#wake()
    signal?.addEventListener('abort', stop)
    try {
      while (!signal?.aborted) {
        if (this.#fresh && this.#seen) {
          this.#fresh = false
          yield this.#seen
        } else if (this.#over) {
          if (this.#over.error !== null) throw this.#over.error
          return
        } else await new Promise<void>((resolve) => (this.#wake = resolve))
      }
    } finally {
      signal?.removeEventListener('abort', stop)
    }
  }
}

// One consumer: of each job the newest view waits for it, whatever came in between; so a slow one never grows memory.
// Ended by the ends of its jobs or by an error; a follower of a filter, which names no jobs, only by an error.
import type { WaybillClientError } from './errors.ts'
import { isEnded, type Job } from './views.ts'

/** What to do about a job that is not there (or no longer). */
export type OnGone = (id: string, error: WaybillClientError) => void

/** Jobs with a view waiting, above which no more should be brought. */
const mostWaiting = 1_000

export class Follower {
  readonly #open: Set<string> | null
  readonly #onGone: OnGone | undefined
  readonly #waiting = new Map<string, Job>()
  #failure: { error: Error } | null = null
  #wake: () => void = () => {}
  #roomy: (() => void)[] = []

  /** Without `onGone` a job that is not there is an error. */
  constructor(ids: Iterable<string> | null, onGone?: OnGone) {
    this.#open = ids && new Set(ids)
    this.#onGone = onGone
  }

  get #over(): boolean {
    return this.#failure !== null || this.#open?.size === 0
  }

  offer(job: Job): void {
    if (this.#over) return
    this.#waiting.set(job.id, job)
    if (isEnded(job)) this.#open?.delete(job.id)
    this.#wake()
  }

  gone(id: string, error: WaybillClientError): void {
    const onGone = this.#onGone
    if (this.#over || !onGone) return this.fail(error)
    this.#open?.delete(id)
    queueMicrotask(() => onGone(id, error))
    this.#wake()
  }

  fail(error: Error): void {
    if (!this.#over) this.#failure = { error }
    this.#wake()
  }

  /** Resolves when there is room for more jobs. */
  room(): Promise<void> | null {
    return this.#waiting.size < mostWaiting ? null : new Promise((resolve) => this.#roomy.push(resolve))
  }

  /** Every view as it comes. Throws what `fail` was told. */
  async *views(signal?: AbortSignal): AsyncGenerator<Job, void, undefined> {
    const stop = () => this.#wake()
    signal?.addEventListener('abort', stop)
    try {
      while (!signal?.aborted) {
        const [next] = this.#waiting
        if (next) yield this.#hand(...next)
        else if (this.#failure) throw this.#failure.error
        else if (this.#over) return
        else await new Promise<void>((resolve) => (this.#wake = resolve))
      }
    } finally {
      signal?.removeEventListener('abort', stop)
      this.#waiting.clear()
      this.#letIn()
    }
  }

  #hand(id: string, job: Job): Job {
    this.#waiting.delete(id)
    if (this.#waiting.size < mostWaiting) this.#letIn()
    return job
  }

  #letIn(): void {
    for (const resolve of this.#roomy.splice(0)) resolve()
  }
}

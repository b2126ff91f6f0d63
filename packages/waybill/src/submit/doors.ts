// What operators have said of queues, at the door: a draining queue takes no new job, and a queue's own cap goes before
// that of the settings. Read at most once a second, so that a submit under load asks the store nothing more.
import type { NewJob, ReadEngine } from '../engine/engine.ts'
import { queueKind, queueSettings, type QueueSettings } from '../job/queue-settings.ts'

/** What another process says of a queue counts here after so long at most. */
const freshMs = 1_000

type Said = ReadonlyMap<string, QueueSettings>

export class Doors {
  readonly #engine: Pick<ReadEngine, 'docs' | 'now'>
  #said: Said = new Map()
  #readAt = Number.NEGATIVE_INFINITY
  #reading: Promise<void> | null = null

  constructor(engine: Pick<ReadEngine, 'docs' | 'now'>) {
    this.#engine = engine
  }

  /** Sets the caps of these jobs. At once when what is known is fresh: callers of one turn then stay together. */
  cap(jobs: readonly NewJob[]): void | Promise<void> {
    const age = this.#engine.now() - this.#readAt
    if (age >= 0 && age < freshMs) return this.#cap(jobs)
    this.#reading ??= this.#read()
    return this.#reading.then(() => this.#cap(jobs))
  }

  // No room at all is what draining means: engines then still answer a replay with the job that exists.
  #cap(jobs: readonly NewJob[]): void {
    if (this.#said.size === 0) return
    for (const job of jobs) {
      const said = this.#said.get(job.spec.queue)
      if (said) job.maxPending = said.draining ? 0 : (said.limits.maxPending ?? job.maxPending)
    }
  }

  async #read(): Promise<void> {
    try {
      const at = this.#engine.now()
      const docs = await this.#engine.docs(queueKind)
      this.#said = new Map(docs.map(({ key, body }) => [key, queueSettings(body)]))
      this.#readAt = at
    } finally {
      this.#reading = null
    }
  }
}

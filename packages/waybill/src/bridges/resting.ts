// Jobs of paused queues, which are not handed out. Asked of the store once a second at most.
import type { ReadEngine } from '../engine/engine.ts'
import { queueKind, queueSettings } from '../job/queue-settings.ts'
import type { JobRecord } from '../job/record.ts'
import type { Clock } from '../lib/clock.ts'

const freshMs = 1_000

export class Resting {
  readonly #parts: { engine: ReadEngine; clock: Clock }
  readonly #jobs = new Map<string, JobRecord>()
  #paused: ReadonlySet<string> = new Set()
  #readAt = Number.NEGATIVE_INFINITY

  constructor(parts: { engine: ReadEngine; clock: Clock }) {
    this.#parts = parts
  }

  /** Of these and of those that rested so far, the jobs that may be handed out; the others rest. */
  async awake(records: readonly JobRecord[]): Promise<JobRecord[]> {
    if (records.length === 0 && this.#jobs.size === 0) return []
    await this.#read()
    const all = [...this.#jobs.values(), ...records]
    this.#jobs.clear()
    for (const record of all) if (this.#paused.has(record.queue)) this.#jobs.set(record.id, record)
    return all.filter(({ queue }) => !this.#paused.has(queue))
  }

  async #read(): Promise<void> {
    const { engine, clock } = this.#parts
    if (Math.abs(clock.now() - this.#readAt) < freshMs) return
    this.#readAt = clock.now()
    const docs = await engine.docs(queueKind)
    this.#paused = new Set(docs.filter(({ body }) => queueSettings(body).paused).map(({ key }) => key))
  }
}

// How queues stand, and what operators say of them: paused, draining, limits. A queue's settings are one document.
import type { Engine, QueueRow, WorkerRow } from '../engine/engine.ts'
import type { AnyJobDefinition } from '../job/definition.ts'
import { WaybillError } from '../job/errors.ts'
import { queueBody, queueKind, queueSettings, type QueueSettings } from '../job/queue-settings.ts'
import type { Status } from '../job/status.ts'
import type { Rates } from './rates.ts'

export interface QueueState extends QueueSettings {
  name: string
  counts: Record<Status, number>
  oldestPendingMs: number | null
  /** Jobs that ended, a minute. */
  perMinute: number
  /** Workers that serve it. */
  workers: WorkerRow[]
}

/** How often a setting is decided anew because another operator was faster. */
const tries = 10
const nothing = { scheduled: 0, pending: 0, waiting: 0, processing: 0, completed: 0, failed: 0, cancelled: 0 }

export class Queues {
  readonly #engine: Engine
  readonly #jobs: ReadonlyMap<string, AnyJobDefinition>
  readonly #rates: Rates

  constructor(engine: Engine, jobs: ReadonlyMap<string, AnyJobDefinition>, rates: Rates) {
    this.#engine = engine
    this.#jobs = jobs
    this.#rates = rates
  }

  /** All that hold jobs, have settings or are named by a type, by name. */
  async list(): Promise<QueueState[]> {
    const [rows, workers, docs, rates] = await Promise.all([
      this.#engine.queues(),
      this.#engine.workers(),
      this.#engine.docs(queueKind),
      this.#rates.get(),
    ])
    const settings = new Map(docs.map(({ key, body }) => [key, queueSettings(body)]))
    const byName = new Map(rows.map((row) => [row.queue, row]))
    const names = new Set([...byName.keys(), ...settings.keys(), ...this.#named()])
    return [...names].toSorted().map((name) => ({
      name,
      ...(settings.get(name) ?? queueSettings()),
      ...this.#standing(byName.get(name)),
      perMinute: rates.get(name) ?? 0,
      workers: workers.filter(({ queues }) => queues.length === 0 || queues.includes(name)),
    }))
  }

  /** Null when nothing is known of it. */
  async get(name: string): Promise<QueueState | null> {
    return (await this.list()).find((queue) => queue.name === name) ?? null
  }

  /** Stores what `change` makes of the settings. */
  async change(name: string, change: (settings: QueueSettings) => QueueSettings): Promise<void> {
    for (let i = 0; i < tries; i++) {
      const [doc] = await this.#engine.docs(queueKind, name)
      const body = queueBody(change(queueSettings(doc?.body)))
      if (await this.#engine.putDoc(queueKind, name, body, doc?.rev ?? 0)) return
    }
    throw new WaybillError('engine_unavailable', `queue "${name}" kept changing; try again`, { retryAfter: 1 })
  }

  #named(): string[] {
    return [...this.#jobs.values()].map(({ queue }) => queue)
  }

  #standing(row: QueueRow | undefined): Pick<QueueState, 'counts' | 'oldestPendingMs'> {
    const oldest = row?.oldestPendingAt ?? null
    return {
      counts: row?.counts ?? nothing,
      oldestPendingMs: oldest === null ? null : Math.max(0, this.#engine.now() - oldest),
    }
  }
}

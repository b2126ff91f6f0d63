// What the verbs of an accelerated engine share: the engine, the accelerator, and which queue a job is of.
import type { Engine } from '../engine/engine.ts'
import type { JobRecord } from '../job/record.ts'
import type { Accelerator } from './accelerator.ts'

/** Jobs whose queue is remembered. */
const most = 10_000

export class Front {
  readonly engine: Engine
  readonly accelerator: Accelerator
  readonly #queues = new Map<string, string>()

  constructor(engine: Engine, accelerator: Accelerator) {
    this.engine = engine
    this.accelerator = accelerator
  }

  /** The engine told these records to somebody who asked at `askedAt`: to be written to the cache. */
  saw(records: readonly JobRecord[], askedAt: number): void {
    this.#remember(records)
    this.accelerator.saw(records, askedAt)
  }

  /** The same of many at once: their revs are remembered, their entries are not written. */
  sawInPassing(records: readonly JobRecord[], askedAt: number): void {
    this.#remember(records)
    this.accelerator.sawRevs(records.map(revOf), askedAt, false)
  }

  /** Null when no record of the job has been seen lately. */
  queueOf(id: string): string | null {
    return this.#queues.get(id) ?? null
  }

  #remember(records: readonly JobRecord[]): void {
    for (const { id, queue } of records) this.#queues.set(id, queue)
    for (const id of this.#queues.keys()) {
      if (this.#queues.size <= most) return
      this.#queues.delete(id)
    }
  }
}

export function revOf({ id, rev }: JobRecord): [id: string, rev: number] {
  return [id, rev]
}

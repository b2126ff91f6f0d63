// The workers there are, and what they are told to do. An order is a document that the worker itself reads.
import type { Engine, WorkerRow } from '../engine/engine.ts'
import { orderKind, ordersOf, type WorkerOrder } from '../engine/worker-order.ts'

export interface WorkerState extends WorkerRow {
  order: WorkerOrder | null
}

export class Staff {
  readonly #engine: Engine

  constructor(engine: Engine) {
    this.#engine = engine
  }

  async list(): Promise<WorkerState[]> {
    const [rows, orders] = await Promise.all([this.#engine.workers(), ordersOf(this.#engine)])
    return rows.map((row) => ({ ...row, order: orders.get(row.id) ?? null }))
  }

  async get(id: string): Promise<WorkerState | null> {
    return (await this.list()).find((worker) => worker.id === id) ?? null
  }

  /** The worker obeys within a few seconds. Who was told to terminate is not quietened any more. */
  async tell(worker: WorkerState, order: WorkerOrder): Promise<void> {
    await this.#forgetGone()
    if (worker.order !== 'terminate') await this.#engine.putDoc(orderKind, worker.id, { order }, null)
  }

  // Workers take their order with them when they stop; those that were killed could not.
  async #forgetGone(): Promise<void> {
    const [orders, rows] = await Promise.all([ordersOf(this.#engine), this.#engine.workers()])
    const there = new Set(rows.map(({ id }) => id))
    for (const id of orders.keys()) if (!there.has(id)) await this.#engine.putDoc(orderKind, id, null, null)
  }
}

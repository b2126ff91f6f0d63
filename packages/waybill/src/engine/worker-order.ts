// What an operator has told a worker to do, as a document that the worker reads. An order stands until the worker is gone.
import type { ReadEngine } from './engine.ts'

/** The kind of document that an order is, under the worker's id. */
export const orderKind = 'worker'

/** `quiet`: take no more jobs, finish those that run. `terminate`: stop within the grace of a shutdown. */
export type WorkerOrder = 'quiet' | 'terminate'

export async function orderOf(engine: Pick<ReadEngine, 'docs'>, workerId: string): Promise<WorkerOrder | null> {
  return (await ordersOf(engine, workerId)).get(workerId) ?? null
}

/** The orders that stand, by worker. */
export async function ordersOf(engine: Pick<ReadEngine, 'docs'>, workerId?: string): Promise<Map<string, WorkerOrder>> {
  const docs = await engine.docs(orderKind, workerId)
  return new Map(docs.flatMap(({ key, body: { order } }) => (isOrder(order) ? [[key, order]] : [])))
}

function isOrder(value: unknown): value is WorkerOrder {
  return value === 'quiet' || value === 'terminate'
}

// What an operator tells this worker to do: looked for every two seconds, obeyed once. An order that was obeyed leaves
// the store together with the worker.
import type { Engine } from '../engine/engine.ts'
import { orderKind, orderOf, type WorkerOrder } from '../engine/worker-order.ts'
import { looking, type Clock } from '../lib/clock.ts'

const betweenLooksMs = 2_000

export interface OrdersParts {
  engine: Engine
  clock: Clock
  workerId: string
  obey: (order: WorkerOrder) => void
  troubled: (error: unknown) => void
}

export class Orders {
  readonly #parts: OrdersParts
  #obeyed: WorkerOrder | null = null
  #forget: (() => void) | null = null
  #stopped = false

  constructor(parts: OrdersParts) {
    this.#parts = parts
  }

  start(): void {
    if (!this.#stopped) this.#forget = looking(this.#parts.clock).after(betweenLooksMs, () => void this.#look())
  }

  stop(): void {
    this.#stopped = true
    this.#forget?.()
  }

  /** Takes the order that was obeyed out of the store. */
  async takeDown(): Promise<void> {
    if (this.#obeyed !== null) await this.#parts.engine.putDoc(orderKind, this.#parts.workerId, null, null)
  }

  async #look(): Promise<void> {
    const { engine, workerId, obey, troubled } = this.#parts
    try {
      const order = await orderOf(engine, workerId)
      if (order !== null && order !== this.#obeyed && !this.#stopped) {
        this.#obeyed = order
        obey(order)
      }
    } catch (error) {
      troubled(error)
    }
    this.start()
  }
}

// Batches as the TypeScript API shows them; the store is opened at first use.
import { WaybillError } from '../job/errors.ts'
import type { Batch } from './batch-doc.ts'
import type { Batches } from './batches.ts'

export class BatchFace {
  readonly #open: () => Promise<Batches>

  constructor(open: () => Promise<Batches>) {
    this.#open = open
  }

  /** Null when there is no such batch, or none of its jobs is kept any more. */
  async get(id: string): Promise<Batch | null> {
    return (await this.#open()).get(id)
  }

  /** Cancels all that has not ended; jobs that run are asked to stop. Throws `not_found`. */
  async cancel(id: string): Promise<Batch> {
    const batches = await this.#open()
    await batches.cancel(id)
    return this.#known(id)
  }

  /** Runs the failed jobs again, under their ids. What runs after the batch does not run again. Throws `not_found`. */
  async retry(id: string): Promise<Batch> {
    const batches = await this.#open()
    await batches.retry(id)
    return this.#known(id)
  }

  async #known(id: string): Promise<Batch> {
    const batch = await this.get(id)
    if (batch) return batch
    throw new WaybillError('not_found', `there is no batch ${id}`)
  }
}

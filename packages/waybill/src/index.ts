// The package's entry: the core with its HTTP face.
import { Face, type WaybillFetch } from './http/face.ts'
import { WaybillCore, type WaybillOptions } from './waybill.ts'

export { defineJob } from './job/definition.ts'
export type { AnyJobDefinition, JobDefinition, JobOptions, RetryOptions } from './job/definition.ts'
export { JobAborted } from './job/context.ts'
export type { AbortReason, CountsInput, JobContext, JobFacts, JobLog, LogOptions } from './job/context.ts'
export { NonRetryableError, UserError, WaybillError } from './job/errors.ts'
export type { StandardSchema } from './job/standard-schema.ts'
export type { Logger } from './lib/log.ts'
export { JobCancelled, JobFailed, WaitTimeout, WaybillWorker } from './waybill.ts'
export type { EnqueueOptions, Job, WaybillOptions, WorkerOptions } from './waybill.ts'

export class Waybill extends WaybillCore {
  readonly #face: Face

  constructor(options: WaybillOptions = {}) {
    super(options)
    this.#face = new Face(() => this.parts())
    this.fetch = this.#face.fetch
  }

  /** A web-standard handler: `app.mount('/', waybill.fetch)`; for Express and Fastify see `waybill/http`. */
  readonly fetch: WaybillFetch

  /** Ends streams and long polls, stops workers within their grace, and closes the engine. */
  override async close(): Promise<void> {
    this.#face.stop()
    await super.close()
  }
}

/** Makes a Waybill; the store is opened at first use. What is left out comes from the environment and `.env`. */
export function createWaybill(options: WaybillOptions = {}): Waybill {
  return new Waybill(options)
}

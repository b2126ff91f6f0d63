// The package's entry: the core with its HTTP face. The face is loaded at the first request: a worker that serves none
// does without its 30 MB.
import type { Face, WaybillFetch } from './http/face.ts'
import { WaybillCore, type WaybillOptions } from './waybill.ts'

export { defineJob } from './job/definition.ts'
export type { AnyJobDefinition, JobDefinition, JobOptions, RetryOptions } from './job/definition.ts'
export { JobAborted } from './job/context.ts'
export type { AbortReason, CountsInput, JobContext, JobFacts, JobLog, LogOptions } from './job/context.ts'
export { NonRetryableError, UserError, WaybillError } from './job/errors.ts'
export type { StandardSchema } from './job/standard-schema.ts'
export type { Logger } from './lib/log.ts'
export { JobCancelled, JobFailed, WaitTimeout } from './job/ended.ts'
export type { UniqueOptions } from './job/unique.ts'
export type { Batch } from './submit/batch-doc.ts'
export type { BatchEntry, BatchOptions } from './submit/batch-options.ts'
export type { EnqueueOptions } from './submit/enqueue-options.ts'
export type { Job, WaybillOptions } from './waybill.ts'
export { WaybillWorker } from './worker/handle.ts'
export type { WorkerOptions } from './worker/handle.ts'

export class Waybill extends WaybillCore {
  #face: Face | null = null
  #loading: Promise<Face> | null = null

  /** A web-standard handler: `app.mount('/', waybill.fetch)`; for Express and Fastify see `waybill/http`. */
  readonly fetch: WaybillFetch = (request, env) => {
    if (this.#face) return this.#face.fetch(request, env)
    this.#loading ??= this.#load()
    return this.#loading.then((face) => face.fetch(request, env))
  }

  /** Ends streams and long polls, stops workers within their grace, and closes the engine. */
  override async close(): Promise<void> {
    this.#face?.stop()
    await super.close()
  }

  async #load(): Promise<Face> {
    const { Face } = await import('./http/face.ts')
    this.#face = new Face(() => this.parts())
    return this.#face
  }
}

/** Makes a Waybill; the store is opened at first use. What is left out comes from the environment and `.env`. */
export function createWaybill(options: WaybillOptions = {}): Waybill {
  return new Waybill(options)
}

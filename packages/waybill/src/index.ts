// The package's entry: the core with its HTTP face.
import { WaybillCore, type WaybillOptions } from './waybill.ts'

export { defineJob } from './job/definition.ts'
export type { AnyJobDefinition, JobDefinition, JobOptions, RetryOptions } from './job/definition.ts'
export { JobAborted } from './job/context.ts'
export type { JobContext, JobFacts, JobLog, CountsInput, AbortReason } from './job/context.ts'
export { NonRetryableError, UserError, WaybillError } from './job/errors.ts'
export type { Logger } from './lib/log.ts'
export { JobCancelled, JobFailed, WaitTimeout } from './waybill.ts'
export type { EnqueueOptions, Job, WaybillOptions, WorkerOptions } from './waybill.ts'

export type Waybill = WaybillCore

/** Makes a Waybill; the store is opened at first use. What is left out comes from the environment and `.env`. */
export function createWaybill(options: WaybillOptions = {}): Waybill {
  return new WaybillCore(options)
}

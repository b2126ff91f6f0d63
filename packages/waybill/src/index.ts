// The package's entry: the core with its HTTP face. The face is loaded at the first request: a worker that serves none
// does without its 30 MB.
import { External, type ExternalOptions } from './external.ts'
import type { Face, WaybillFetch } from './http/face.ts'
import { scheduleBodyOf, type ScheduleOptions } from './submit/schedule-options.ts'
import { WaybillCore, type Job, type WaybillOptions } from './waybill.ts'
import type { Schedule } from './wire/schedule.ts'
import type { ExternalWork } from './worker/external-work.ts'

export { defineJob } from './job/definition.ts'
export type { AnyJobDefinition, JobCall, JobDefinition, JobOptions, RetryOptions } from './job/definition.ts'
export { JobAborted } from './job/context.ts'
export type {
  AbortReason,
  CountsInput,
  JobContext,
  JobFacts,
  JobLog,
  LogOptions,
  WaitForOptions,
} from './job/context.ts'
export { SignalTimeout } from './job/waits.ts'
export { NonRetryableError, UserError, WaybillError } from './job/errors.ts'
export { RetryLater } from './job/retry-choice.ts'
export type { StandardSchema } from './job/standard-schema.ts'
export type { Logger } from './lib/log.ts'
export { JobCancelled, JobFailed, WaitTimeout } from './job/ended.ts'
export type { UniqueOptions } from './job/unique.ts'
export type { Batch } from './submit/batch-doc.ts'
export type { BatchEntry, BatchOptions } from './submit/batch-options.ts'
export type { EnqueueOptions } from './submit/enqueue-options.ts'
export type { ScheduledJob, ScheduleOptions } from './submit/schedule-options.ts'
export type { Schedule } from './wire/schedule.ts'
export type { Job, WaybillOptions } from './waybill.ts'
export type { ExternalOptions } from './external.ts'
export { ExternalWork } from './worker/external-work.ts'
export { WaybillWorker } from './worker/handle.ts'
export type { WorkerOptions } from './worker/handle.ts'

export class Waybill extends WaybillCore {
  #face: Face | null = null
  #loading: Promise<Face> | null = null
  #external: Promise<External> | null = null

  /** A web-standard handler: `app.mount('/', waybill.fetch)`; for Express and Fastify see `waybill/http`. */
  readonly fetch: WaybillFetch = (request, env) => {
    if (this.#face) return this.#face.fetch(request, env)
    this.#loading ??= this.#load()
    return this.#loading.then((face) => face.fetch(request, env))
  }

  /**
   * Sends a signal to a job that waits for it (`ctx.waitFor`), or will. Throws WaybillError: `not_found`, `job_finished`,
   * `too_large` for a payload over 64 KiB or the 101st signal of a job.
   */
  async signal(id: string, name: string, payload?: unknown): Promise<Job> {
    const { control } = await this.parts()
    return control.signal(id, name, payload)
  }

  /**
   * Makes the schedule, or makes an existing one like this; said again at every start it changes nothing. Its jobs are
   * submitted by whatever process runs a worker or serves HTTP. Throws `bad_request`, `unknown_type`, `invalid_input`.
   */
  async schedule(key: string, options: ScheduleOptions): Promise<Schedule> {
    const body = scheduleBodyOf(key, options)
    const { schedules } = await this.parts()
    return (await schedules.put(key, body)).schedule
  }

  /** Forgets the schedule; jobs that it made stay. Throws `not_found`. */
  async unschedule(key: string): Promise<void> {
    const { schedules } = await this.parts()
    await schedules.remove(key)
  }

  /** Submits the schedule's job now, besides its slots and also while it is paused. Throws `not_found`. */
  async trigger(key: string): Promise<Job> {
    const { schedules } = await this.parts()
    return schedules.trigger(key)
  }

  /**
   * A job for work that is done outside any handler, begun at once: `progress`, then `complete` or `fail`. Its lease is kept
   * while this process lives; when the process dies, the job fails as `lease_expired`. It is never retried.
   */
  async external(type: string, options: ExternalOptions = {}): Promise<ExternalWork> {
    this.#external ??= this.parts().then((parts) => new External(parts))
    this.#external.catch(() => (this.#external = null)) // the next call tries again
    return (await this.#external).begin(type, options)
  }

  /** Ends streams and long polls, stops workers within their grace, and closes the engine. */
  override async close(): Promise<void> {
    this.#face?.stop()
    await this.#external?.then(
      (external) => external.stop(),
      () => null,
    )
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

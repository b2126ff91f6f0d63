// What a handler is given: its input, the job, a signal that tells it to stop, and ways to say how far it is.
import type { Duration } from '../lib/duration.ts'
import type { JsonObject } from '../lib/json.ts'
import type { Counts } from './record.ts'
import type { StandardSchema } from './standard-schema.ts'

export interface JobContext<Input> {
  readonly input: Input
  readonly job: JobFacts
  /** Aborted with a `JobAborted` when the attempt ends before its handler: cancel, hard time limit, shutdown, lease lost, a wait. */
  readonly signal: AbortSignal
  /** Aborted at the soft time limit: time to wind up before the hard one. */
  readonly softSignal: AbortSignal
  /**
   * Says how far the job is. Returns at once; sent at most five times a second, the last value always before the end.
   * `fraction` 0…1 never falls within an attempt; null leaves it as it is.
   */
  progress(fraction: number | null, message?: string, more?: { stage?: string; counts?: CountsInput }): void
  /**
   * Runs `work` once and keeps its result (JSON, at most 256 KiB): a later attempt gets the kept result instead.
   * Throws when the same key is used twice in one attempt, or when the result cannot be kept.
   */
  step<T>(key: string, work: () => T | Promise<T>): Promise<T>
  /**
   * A pause that outlives the worker. From one second on the attempt ends here: nothing after this line runs, `signal` is
   * aborted (`suspended`), the worker is free, and later the handler is called anew and passes this sleep and the steps
   * before it at once. Throws when the same key is used twice in one attempt, and inside of a step.
   */
  sleep(key: string, duration: Duration): Promise<void>
  /**
   * Waits for a signal (`waybill.signal(id, name, payload)`, POST /jobs/{id}/signals/{name}) as `sleep` waits for time, and
   * resolves to its payload. One that came before is taken at once; the second call with a name takes the second signal.
   * Throws `SignalTimeout` when none came in time, and a `UserError` (`invalid_signal`) when its payload does not fit.
   */
  waitFor<T = unknown>(name: string, options?: WaitForOptions<T>): Promise<T>
  /** Lines kept with the job; operators see them, the owner too with `{ audience: 'owner' }`. */
  readonly log: JobLog
}

export interface WaitForOptions<T> {
  /** How long to wait. Default 7 d, at most a year. */
  timeout?: Duration
  /** Checks the payload; any Standard Schema. */
  schema?: StandardSchema<unknown, T>
}

/** `total` and `unit` may be left out. */
export type CountsInput = Pick<Counts, 'done'> & Partial<Counts>

export interface JobFacts {
  readonly id: string
  readonly type: string
  readonly queue: string
  readonly userId: string | null
  readonly subject: string | null
  readonly tags: readonly string[]
  readonly metadata: JsonObject
  /** 1 is the first. */
  readonly attempt: number
  readonly maxAttempts: number
  readonly createdAt: Date
}

export interface JobLog {
  debug(message: string, fields?: JsonObject, options?: LogOptions): void
  info(message: string, fields?: JsonObject, options?: LogOptions): void
  warn(message: string, fields?: JsonObject, options?: LogOptions): void
  error(message: string, fields?: JsonObject, options?: LogOptions): void
}

export interface LogOptions {
  /** Who may read the line. Default `operator`. */
  audience?: 'owner' | 'operator'
}

export type AbortReason = 'cancel' | 'timeout' | 'shutdown' | 'lease_lost' | 'suspended'

const abortTexts: Record<AbortReason, string> = {
  cancel: 'a cancel was asked for',
  timeout: 'the time limit of the attempt has passed',
  shutdown: 'the worker is shutting down; the job will go on elsewhere',
  lease_lost: 'the lease was lost; whatever this attempt still writes is refused',
  suspended: 'the job waits; its handler will be called anew when it goes on',
}

/** Why `ctx.signal` was aborted. Let it pass through your handler: throwing it is the right end. */
export class JobAborted extends Error {
  readonly reason: AbortReason

  constructor(reason: AbortReason) {
    super(abortTexts[reason])
    this.name = 'JobAborted'
    this.reason = reason
  }
}

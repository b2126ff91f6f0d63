// Errors of two kinds: what a job ended with (JobError, stored) and what a caller is told (WaybillError, thrown).

import { errorText } from '../lib/error-text.ts'

/** Codes that Waybill itself gives to failed jobs; a UserError brings its own. */
export type SystemErrorCode =
  | 'timeout'
  | 'lease_expired'
  | 'worker_crashed'
  | 'expired'
  | 'cancelled'
  | 'invalid_input'
  | 'result_too_large'
  | 'child_failed'
  | 'job_error'

/** Why a job failed, as stored. `internal` is for operators alone. */
export interface JobError {
  code: string
  /** Shown to the owner. */
  message: string
  retryable: boolean
  /** Ties what the owner sees to the log, `err_…`. */
  ref: string
  internal: InternalError | null
}

export interface InternalError {
  name: string
  message: string
  stack: string | null
  cause: string | null
  /** How the process of the job ended; only where it did. */
  exit_code?: number | null
  signal?: string | null
}

/**
 * Throw it in a handler to tell the job's owner what went wrong: code and message are shown as they are.
 * Not retried unless `retryable` is set, since trying again seldom cures an owner's mistake.
 */
export class UserError extends Error {
  readonly code: string
  readonly retryable: boolean

  constructor(code: string, message: string, options: { retryable?: boolean; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'UserError'
    this.code = code
    this.retryable = options.retryable ?? false
  }
}

/** Throw it in a handler when another attempt would be pointless; the owner sees only that the job failed. */
export class NonRetryableError extends Error {
  override readonly name = 'NonRetryableError'
}

/** Every code a caller can meet (contract §2), with its HTTP status. */
export const callerErrors: Record<CallerErrorCode, number> = {
  bad_request: 400,
  bad_cursor: 400,
  unauthenticated: 401,
  token_expired: 401,
  insufficient_scope: 403,
  not_found: 404,
  unknown_type: 404,
  no_result: 404,
  job_expired: 410,
  job_finished: 409,
  job_not_finished: 409,
  job_id_conflict: 409,
  idempotency_in_progress: 409,
  lease_lost: 409,
  unique_conflict: 409,
  too_large: 413,
  unsupported_media_type: 415,
  invalid_input: 422,
  idempotency_key_reused: 422,
  rate_limited: 429,
  quota_exceeded: 429,
  too_many_active: 429,
  queue_full: 503,
  draining: 503,
  engine_unavailable: 503,
  internal: 500,
}

export type CallerErrorCode =
  | 'bad_request'
  | 'bad_cursor'
  | 'unauthenticated'
  | 'token_expired'
  | 'insufficient_scope'
  | 'not_found'
  | 'unknown_type'
  | 'no_result'
  | 'job_expired'
  | 'job_finished'
  | 'job_not_finished'
  | 'job_id_conflict'
  | 'idempotency_in_progress'
  | 'lease_lost'
  | 'unique_conflict'
  | 'too_large'
  | 'unsupported_media_type'
  | 'invalid_input'
  | 'idempotency_key_reused'
  | 'rate_limited'
  | 'quota_exceeded'
  | 'too_many_active'
  | 'queue_full'
  | 'draining'
  | 'engine_unavailable'
  | 'internal'

/** One place in the caller's body, by JSON Pointer. */
export interface FieldError {
  pointer: string
  detail: string
}

/** What a caller is told: a stable code, a sentence that says what to do, and where in the body when that is known. */
export class WaybillError extends Error {
  readonly code: CallerErrorCode
  readonly status: number
  readonly errors: FieldError[]
  /** Seconds after which trying again makes sense, or null. */
  readonly retryAfter: number | null

  constructor(
    code: CallerErrorCode,
    message: string,
    options: { errors?: FieldError[]; retryAfter?: number; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'WaybillError'
    this.code = code
    this.status = callerErrors[code]
    this.errors = options.errors ?? []
    this.retryAfter = options.retryAfter ?? null
  }
}

/** The store is away, which another try may cure; any other error of an engine speaks of what it was asked. */
export function isOutage(error: unknown): boolean {
  return error instanceof WaybillError && error.code === 'engine_unavailable'
}

const controlCharacters = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g

/** The JobError of whatever a handler threw. Only a UserError's text reaches the owner. `ref` is an opaque handle. */
export function toJobError(thrown: unknown, ref: string): JobError {
  const internal = describe(thrown)
  if (thrown instanceof UserError) {
    const message = cut(thrown.message, 2_000).replace(controlCharacters, ' ')
    const code = cut(thrown.code, 100).replace(controlCharacters, ' ')
    return { code, message, retryable: thrown.retryable, ref, internal }
  }
  return { ...systemError('job_error', ref), retryable: !(thrown instanceof NonRetryableError), internal }
}

const systemTexts: Record<SystemErrorCode, string> = {
  timeout: 'The job took too long and was stopped.',
  lease_expired: 'The worker of this job stopped answering.',
  worker_crashed: 'The job stopped its worker several times and was given up.',
  expired: 'The job could not start in time.',
  cancelled: 'The job was cancelled.',
  invalid_input: 'The input of the job is not valid.',
  result_too_large: 'The result of the job is too large to keep.',
  child_failed: 'A part of the job failed.',
  job_error: 'The job failed.',
}

/** An error that Waybill itself gives. Timeouts and plain errors may be retried, the rest are final. */
export function systemError(code: SystemErrorCode, ref: string, detail?: string): JobError {
  const internal = detail === undefined ? null : { name: code, message: detail, stack: null, cause: null }
  return {
    code,
    message: systemTexts[code],
    retryable: code === 'timeout' || code === 'job_error',
    ref,
    internal,
  }
}

function describe(thrown: unknown): InternalError {
  if (!(thrown instanceof Error)) return { name: 'Thrown', message: cut(thrown, 2_000), stack: null, cause: null }
  const { name, message, stack, cause } = thrown
  return {
    name: cut(name, 100),
    message: cut(message, 2_000),
    stack: stack === undefined ? null : cut(stack, 8_000),
    cause: cause === undefined ? null : cut(cause, 2_000),
  }
}

// Handlers may be plain JavaScript: a message that is no text, or half of a surrogate pair, must be kept all the same.
function cut(value: unknown, most: number): string {
  return errorText(value).slice(0, most).toWellFormed()
}

// What a worker elsewhere says of a failure → the job's error, by the rules for handlers here: the owner sees a text only
// where it was meant for the owner.
import { systemError, toJobError, UserError, type InternalError, type JobError } from '../job/errors.ts'

export interface ForeignError {
  /** Of an error meant for the owner, or the name of the exception. */
  code: string
  /** For operators. */
  message: string
  /** For the owner. */
  publicMessage?: string
  stack?: string
}

/** Codes that mean the same whoever says them. */
const shared = ['invalid_input', 'result_too_large'] as const

export function jobErrorOf(error: ForeignError, retryable: boolean, ref: string): JobError {
  const { code, message, publicMessage } = error
  const known = shared.find((one) => one === code)
  if (publicMessage === undefined && known) return { ...systemError(known, ref), internal: inside(error) }
  const thrown = publicMessage === undefined ? new Error(message) : new UserError(code, publicMessage, { retryable })
  return { ...toJobError(thrown, ref), retryable, internal: inside(error) }
}

function inside({ code, message, stack }: ForeignError): InternalError {
  return {
    name: code.slice(0, 100),
    message: message.slice(0, 2_000),
    stack: stack?.slice(0, 8_000) ?? null,
    cause: null,
  }
}

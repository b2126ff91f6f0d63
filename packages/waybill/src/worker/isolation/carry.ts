// Errors on their way between a child and its worker: what the decider asks of an error (its class) and what operators read
// of it (name, message, stack, cause) arrive; members of one's own do not.
import { JobAborted, type AbortReason } from '../../job/context.ts'
import { NonRetryableError, UserError, WaybillError, type CallerErrorCode } from '../../job/errors.ts'
import { errorText } from '../../lib/error-text.ts'
import { ResultTooLarge } from '../outcome.ts'

export interface Carried {
  kind: Kind
  name: string
  message: string
  stack: string | undefined
  cause: string | undefined
}

type Kind =
  | { is: 'error' | 'final' | 'too-large' | 'no-error' }
  | { is: 'aborted'; reason: AbortReason }
  | { is: 'user'; code: string; retryable: boolean }
  | { is: 'waybill'; code: CallerErrorCode }

export function carried(thrown: unknown): Carried {
  const kind = kindOf(thrown)
  if (!(thrown instanceof Error))
    return { kind, name: '', message: errorText(thrown), stack: undefined, cause: undefined }
  const { name, message, stack, cause } = thrown
  // Handlers may be plain JavaScript: only texts can be relied on to arrive.
  const text = (value: unknown) => (typeof value === 'string' ? value : errorText(value))
  return {
    kind,
    name: text(name),
    message: text(message),
    stack: stack === undefined ? undefined : text(stack),
    cause: cause === undefined ? undefined : errorText(cause),
  }
}

/** What was thrown, as far as it could be carried. */
export function revived({ kind, name, message, stack, cause }: Carried): unknown {
  if (kind.is === 'no-error') return message
  const error = errorOf(kind, message)
  const own = (value: string | undefined) => ({ value, writable: true, configurable: true })
  Object.defineProperties(error, {
    name: own(name),
    stack: own(stack),
    ...(cause === undefined ? {} : { cause: own(cause) }),
  })
  return error
}

function kindOf(thrown: unknown): Kind {
  if (thrown instanceof JobAborted) return { is: 'aborted', reason: thrown.reason }
  if (thrown instanceof UserError) return { is: 'user', code: thrown.code, retryable: thrown.retryable }
  if (thrown instanceof WaybillError) return { is: 'waybill', code: thrown.code }
  if (thrown instanceof NonRetryableError) return { is: 'final' }
  if (thrown instanceof ResultTooLarge) return { is: 'too-large' }
  return { is: thrown instanceof Error ? 'error' : 'no-error' }
}

function errorOf(kind: Kind, message: string): Error {
  if (kind.is === 'aborted') return new JobAborted(kind.reason)
  if (kind.is === 'user') return new UserError(kind.code, message, { retryable: kind.retryable })
  if (kind.is === 'waybill') return new WaybillError(kind.code, message)
  if (kind.is === 'final') return new NonRetryableError(message)
  return kind.is === 'too-large' ? new ResultTooLarge(message) : new Error(message)
}

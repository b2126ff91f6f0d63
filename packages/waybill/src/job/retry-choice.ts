// Whether an error of a handler is worth another attempt, as far as the error itself or its job's definition says. Pure.
import { toMs, type Duration } from '../lib/duration.ts'
import type { RetryChoice } from './decide.ts'
import { NonRetryableError, UserError } from './errors.ts'
import { limits } from './limits.ts'

/**
 * Throw it in a handler to say when the next attempt makes sense, such as the `Retry-After` of a service that is busy. It
 * counts as a fail like any error; only the wait is yours. Throws a RangeError for a delay of more than a year.
 */
export class RetryLater extends Error {
  override readonly name = 'RetryLater'
  readonly delayMs: number

  constructor(delay: Duration, message = 'another attempt makes sense later', options: { cause?: unknown } = {}) {
    super(message, options)
    this.delayMs = toMs(delay, 'RetryLater')
    if (this.delayMs > limits.waitMs)
      throw new RangeError(`RetryLater: at most a year, got ${JSON.stringify(delay)}`, options)
  }
}

/** `retry.on` of a definition: whether an error that does not say so itself is worth another attempt. */
export type RetryOn = (error: unknown) => boolean

export function retryChoice(retryOn: RetryOn | null, thrown: unknown): RetryChoice {
  if (thrown instanceof RetryLater) return { delayMs: thrown.delayMs }
  const saysItself = thrown instanceof UserError || thrown instanceof NonRetryableError
  return saysItself || retryOn === null || retryOn(thrown) ? 'auto' : 'never'
}

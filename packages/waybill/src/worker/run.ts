// Running one handler: begin → result checked → outcome. A handler that ends at once costs no promise.
import type { AnyJobDefinition } from '../job/definition.ts'
import { retryChoice } from '../job/retry-choice.ts'
import { errorText } from '../lib/error-text.ts'
import type { Attempt } from './attempt.ts'
import { keptResult, type Outcome } from './outcome.ts'

/** Told exactly once how the handler ended, also when its outcome was decided without it. */
export type End = (attempt: Attempt, outcome: Outcome) => void

export type Handled = AnyJobDefinition & Required<Pick<AnyJobDefinition, 'run'>>

/** False for a job that is run elsewhere. */
export function isHandled(definition: AnyJobDefinition | undefined): definition is Handled {
  return definition?.run !== undefined
}

export function run(attempt: Attempt, definition: Handled, end: End): void {
  const threw = (error: unknown) => end(attempt, failure(definition, error))
  try {
    const returned: unknown = definition.run(attempt)
    if (isThenable(returned)) returned.then((value) => check(attempt, definition, value, end), threw)
    else check(attempt, definition, returned, end)
  } catch (error) {
    threw(error)
  }
}

function check(attempt: Attempt, definition: AnyJobDefinition, value: unknown, end: End): void {
  if (attempt.settled) return end(attempt, { returned: null })
  let result: ReturnType<typeof keptResult>
  try {
    result = keptResult(definition, value)
  } catch (error) {
    return end(attempt, failure(definition, error))
  }
  if (!(result instanceof Promise)) return end(attempt, { returned: result })
  result.then(
    (json) => end(attempt, { returned: json }),
    (error: unknown) => end(attempt, failure(definition, error)),
  )
}

function failure({ type, retryOn }: AnyJobDefinition, threw: unknown): Outcome {
  try {
    return { threw, retry: retryChoice(retryOn, threw) }
  } catch (error) {
    return { threw: new Error(`job "${type}": retry.on threw ${errorText(error)}`, { cause: threw }) }
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
}

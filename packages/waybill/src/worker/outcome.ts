// How an attempt ended → the Change that says so.
import { JobAborted } from '../job/context.ts'
import type { Change } from '../job/change.ts'
import { crashed, type Crash } from '../job/crash.ts'
import { completed, failed, released, stopped, timedOut, type Random, type RetryChoice } from '../job/decide.ts'
import type { AnyJobDefinition } from '../job/definition.ts'
import { NonRetryableError, systemError, toJobError } from '../job/errors.ts'
import { limits } from '../job/limits.ts'
import type { JobRecord } from '../job/record.ts'
import { stalled } from '../job/stall.ts'
import { pointerOf } from '../job/standard-schema.ts'
import { jsonFault, type Json } from '../lib/json.ts'
import type { Attempt } from './attempt.ts'

export type Outcome =
  | { returned: Json }
  | { threw: unknown; retry?: RetryChoice }
  | { timedOut: true }
  | { parked: Change }
  /** The process or thread it ran in is no more. */
  | { crashed: Crash }

/** Chance and handles for errors, handed in. */
export interface Chance {
  random: Random
  newRef: () => string
}

/** Null when nothing is to be written, since the lease is no longer this attempt's. */
export function changeFor(
  attempt: Attempt,
  outcome: Outcome,
  chance: Chance,
  record: JobRecord = attempt.record,
): Change | null {
  const { fence } = attempt
  if ('returned' in outcome) return completed(record, fence, outcome.returned)
  if ('timedOut' in outcome) return tookTooLong(attempt, record, chance)
  if (attempt.aborted === 'lease_lost') return null
  if ('parked' in outcome) return outcome.parked
  if (attempt.aborted === 'shutdown') return released(record, fence, 'shutdown', 0, true)
  if ('crashed' in outcome) return crashed(record, fence, outcome.crashed, chance.newRef(), chance.random)
  if (record.cancelRequestedAt !== null && outcome.threw instanceof JobAborted) return stopped(record, fence)
  const { threw, retry } = outcome
  const error = toJobError(threw, chance.newRef())
  return failed(record, fence, retry === 'never' ? { ...error, retryable: false } : error, chance.random, retry)
}

function tookTooLong({ fence, stalled: silent, stallMs }: Attempt, record: JobRecord, chance: Chance): Change {
  const { newRef, random } = chance
  if (!silent || stallMs === null) return timedOut(record, fence, newRef(), random)
  return stalled(record, fence, stallMs, newRef(), random)
}

/** A result that can be kept; throws what then counts as the handler's error. */
export function keptResult(definition: AnyJobDefinition, value: unknown): Json | Promise<Json> {
  const schema = definition.output
  if (!schema) return plainResult(definition.type, value)
  const verdict = schema['~standard'].validate(value)
  const passed = (v: Awaited<typeof verdict>): Json => {
    if (v.issues === undefined) return plainResult(definition.type, v.value)
    const [issue] = v.issues
    throw new TypeError(
      `job "${definition.type}": its result does not fit its output schema: ${issue ? `${pointerOf(issue)} ${issue.message}` : ''}`,
    )
  }
  return verdict instanceof Promise ? verdict.then(passed) : passed(verdict)
}

function plainResult(type: string, value: unknown): Json {
  if (value === undefined || value === null) return null
  const fault = jsonFault(value)
  if (fault)
    throw new NonRetryableError(
      `job "${type}": its result cannot be kept as JSON: ${fault.pointer || 'it'} ${fault.detail}`,
    )
  const text = JSON.stringify(value)
  const bytes = text.length * 3 <= limits.resultBytes ? 0 : Buffer.byteLength(text)
  const json: Json = JSON.parse(text)
  if (bytes <= limits.resultBytes) return json
  throw new ResultTooLarge(
    `job "${type}": its result has ${bytes} bytes, the limit is ${limits.resultBytes}; keep it in a file and return its address`,
  )
}

/** Ends the job as `result_too_large`: another attempt would return as much. */
export class ResultTooLarge extends Error {
  override readonly name = 'ResultTooLarge'
}

/** The Change for a result that is too large to keep. */
export function tooLarge(attempt: Attempt, error: ResultTooLarge, chance: Chance): Change {
  return failed(
    attempt.record,
    attempt.fence,
    systemError('result_too_large', chance.newRef(), error.message),
    chance.random,
    'never',
  )
}

// defineJob: a type of job, its checks and policy, and the handler that runs it. Everything that can be wrong with a
// definition is said here, once, when the program starts.
import { toMs, type Duration } from '../lib/duration.ts'
import { didYouMean } from '../lib/suggest.ts'
import type { JobContext } from './context.ts'
import { isName } from './limits.ts'
import { defaultPriority, toPriority } from './policy.ts'
import type { RetryPolicy } from './record.ts'
import type { RetryOn } from './retry-choice.ts'
import type { StandardSchema } from './standard-schema.ts'
import { definedUnique, uniqueNames, type DefinedUnique, type UniqueOptions } from './unique.ts'

export interface JobOptions<Input, Output> {
  /** Letters, digits and `. _ : -`, such as `video.generate`. */
  type: string
  /** Checks the input at submit; any Standard Schema. Left out: any JSON is taken. */
  input?: StandardSchema<unknown, Input>
  /** Checks the result before it is kept. */
  output?: StandardSchema<unknown, Output>
  /** Default `default`. */
  queue?: string
  /** 0–10, higher first, or `high` `default` `low`. Default 5. */
  priority?: number | string
  /** Hard limit of an attempt. Default 30 min. */
  timeout?: Duration
  /** When `ctx.softSignal` fires. Default 25 min, or five sixths of `timeout`. */
  softTimeout?: Duration
  /** Ends an attempt that says nothing (progress, log line, step) for so long, as a timeout. Default: none. */
  stallTimeout?: Duration
  retry?: RetryOptions
  /** How long an ended job is kept. Default 24 h, failed ones 7 d. */
  retention?: Duration
  /** At most one such job at a time. Left out: as many as are submitted. */
  unique?: UniqueOptions<Input>
  /** The handler. Left out: the job is run elsewhere, by workers that serve its queue over HTTP. */
  run?(ctx: JobContext<Input>): Output | Promise<Output>
}

export interface RetryOptions {
  /** False for errors that another attempt cannot cure. Not asked about those that say so themselves (UserError, …). */
  on?: RetryOn
  /** Attempts in all. Default 3. */
  attempts?: number
  /** Wait before the first retry. Default 60 s. */
  backoff?: Duration
  /** Growth of the wait. Default 2. */
  factor?: number
  /** Longest wait. Default 1 h. */
  maxBackoff?: Duration
  /** Share of the wait that chance may add or take, 0–1. Default 0.2. */
  jitter?: number
}

/** What `defineJob` makes. `Input` and `Output` are the handler's own types. */
export interface JobDefinition<Input = unknown, Output = unknown> {
  readonly type: string
  readonly queue: string
  readonly priority: number
  readonly input: StandardSchema<unknown, Input> | null
  readonly output: StandardSchema<unknown, Output> | null
  /** What this type says of its policy; the rest comes from the settings. */
  readonly policy: DefinedPolicy
  /** Null: every error is worth another attempt. */
  readonly retryOn: RetryOn | null
  readonly unique: DefinedUnique<Input> | null
  /** Absent: an attempt may be silent for as long as it takes. */
  readonly stallMs?: number
  /** Absent where the job is run elsewhere. */
  run?(ctx: JobContext<Input>): Output | Promise<Output>
  /** A job of this type with this input, to be handed on: `schedule(key, { job: video.with(input) })`. */
  with(input: Input): JobCall
}

/** A type of job and an input for it. */
export interface JobCall {
  type: string
  input: unknown
}

export interface DefinedPolicy {
  readonly timeoutMs?: number
  readonly softTimeoutMs?: number
  readonly retentionMs?: number
  readonly retry: Partial<RetryPolicy>
}

/** A definition whose input and output types do not matter to whoever holds it. */
export type AnyJobDefinition = JobDefinition

const knownLimits = ['timeout', 'softTimeout', 'stallTimeout', 'retry', 'retention']
const known = ['type', 'input', 'output', 'queue', 'priority', ...knownLimits, 'unique', 'run']
const knownRetry = ['on', 'attempts', 'backoff', 'factor', 'maxBackoff', 'jitter']
const later = ['concurrency', 'reuse', 'schedule', 'onChildFailure', 'startBy', 'tiers', 'tx', 'isolate']

/** Silence is looked for every quarter of a second. */
const leastStallMs = 250

/**
 * Defines a type of job. Throws a TypeError or RangeError that names the option when one is unknown, out of range or
 * contradicts another.
 */
export function defineJob<Input = unknown, Output = unknown>(
  options: JobOptions<Input, Output>,
): JobDefinition<Input, Output> {
  const where = `defineJob("${options.type}")`
  refuseUnknown(options, known, where)
  refuseUnknown(options.retry ?? {}, knownRetry, `${where} retry`)
  refuseUnknown(options.unique ?? {}, uniqueNames, `${where} unique`)
  if (!isName(options.type)) throw new TypeError(`${where}: a type has 1–100 letters, digits or . _ : -`)
  if ('run' in options && typeof options.run !== 'function')
    throw new TypeError(`${where}: run must be a function, got ${typeof options.run}`)
  checkSchema(options.input, `${where}: input`)
  checkSchema(options.output, `${where}: output`)
  const queue = options.queue ?? 'default'
  if (!isName(queue)) throw new TypeError(`${where}: a queue has 1–100 letters, digits or . _ : -, got "${queue}"`)
  const priority = toPriority(options.priority ?? defaultPriority)
  if (priority === null)
    throw new RangeError(`${where}: priority is 0–10 or high, default, low, got ${JSON.stringify(options.priority)}`)
  return {
    type: options.type,
    queue,
    priority,
    input: options.input ?? null,
    output: options.output ?? null,
    policy: policyOf(options, where),
    retryOn: retryOnOf(options.retry ?? {}, where),
    unique: options.unique ? definedUnique(options.unique, where) : null,
    with: (input) => ({ type: options.type, input }),
    ...stallOf(options, where),
    ...handlerOf(options),
  }
}

function handlerOf<I, O>(options: JobOptions<I, O>): Pick<JobDefinition<I, O>, 'run'> {
  const run = options.run?.bind(options)
  return run ? { run } : {}
}

function policyOf<I, O>(options: JobOptions<I, O>, where: string): DefinedPolicy {
  const timeoutMs = options.timeout === undefined ? undefined : toMs(options.timeout, `${where}: timeout`)
  const soft = options.softTimeout === undefined ? undefined : toMs(options.softTimeout, `${where}: softTimeout`)
  if (timeoutMs !== undefined && timeoutMs < 1)
    throw new RangeError(`${where}: timeout is at least 1 ms, got ${timeoutMs}`)
  if (timeoutMs !== undefined && soft !== undefined && soft >= timeoutMs)
    throw new RangeError(`${where}: softTimeout (${soft} ms) must be shorter than timeout (${timeoutMs} ms)`)
  const softTimeoutMs = soft ?? (timeoutMs === undefined ? undefined : Math.floor((timeoutMs * 5) / 6))
  return {
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(softTimeoutMs === undefined ? {} : { softTimeoutMs }),
    ...(options.retention === undefined ? {} : { retentionMs: toMs(options.retention, `${where}: retention`) }),
    retry: retryOf(options.retry ?? {}, where),
  }
}

function retryOnOf({ on }: RetryOptions, where: string): RetryOn | null {
  if (on === undefined) return null
  if (typeof on === 'function') return on
  throw new TypeError(`${where}: retry.on is a function of the error that answers true or false, got ${typeof on}`)
}

function stallOf<I, O>({ stallTimeout, timeout }: JobOptions<I, O>, where: string): Pick<JobDefinition, 'stallMs'> {
  if (stallTimeout === undefined) return {}
  const stallMs = toMs(stallTimeout, `${where}: stallTimeout`)
  const timeoutMs = timeout === undefined ? Number.POSITIVE_INFINITY : toMs(timeout, where)
  if (stallMs >= timeoutMs)
    throw new RangeError(`${where}: stallTimeout (${stallMs} ms) must be shorter than timeout (${timeoutMs} ms)`)
  if (stallMs >= leastStallMs) return { stallMs }
  throw new RangeError(`${where}: stallTimeout is at least ${leastStallMs} ms, got ${stallMs}`)
}

function retryOf(retry: RetryOptions, where: string): Partial<RetryPolicy> {
  const { attempts, factor, jitter } = retry
  if (attempts !== undefined && !(Number.isInteger(attempts) && attempts >= 1 && attempts <= 100)) {
    throw new RangeError(`${where}: retry.attempts is 1–100, the first attempt included, got ${attempts}`)
  }
  if (factor !== undefined && !(factor >= 1 && factor <= 100))
    throw new RangeError(`${where}: retry.factor is 1–100, got ${factor}`)
  if (jitter !== undefined && !(jitter >= 0 && jitter <= 1))
    throw new RangeError(`${where}: retry.jitter is 0–1, got ${jitter}`)
  return {
    ...(attempts === undefined ? {} : { maxAttempts: attempts }),
    ...waitsOf(retry, where),
    ...(factor === undefined ? {} : { factor }),
    ...(jitter === undefined ? {} : { jitter }),
  }
}

function waitsOf({ backoff, maxBackoff }: RetryOptions, where: string): Partial<RetryPolicy> {
  const backoffMs = backoff === undefined ? undefined : toMs(backoff, `${where}: retry.backoff`)
  const maxMs = maxBackoff === undefined ? undefined : toMs(maxBackoff, `${where}: retry.maxBackoff`)
  if (backoffMs !== undefined && maxMs !== undefined && backoffMs > maxMs)
    throw new RangeError(
      `${where}: retry.backoff (${backoffMs} ms) must not be longer than retry.maxBackoff (${maxMs} ms)`,
    )
  return { ...(backoffMs === undefined ? {} : { backoffMs }), ...(maxMs === undefined ? {} : { maxMs }) }
}

function checkSchema(schema: StandardSchema<unknown, unknown> | undefined, what: string): void {
  if (schema === undefined || typeof schema['~standard']?.validate === 'function') return
  throw new TypeError(
    `${what}: expected a Standard Schema (zod 3.24 or later, valibot 1, arktype 2, …), got ${typeof schema} without one`,
  )
}

/** Throws a TypeError when two have one type. */
export function jobsByType(definitions: readonly AnyJobDefinition[]): ReadonlyMap<string, AnyJobDefinition> {
  const jobs = new Map<string, AnyJobDefinition>()
  for (const definition of definitions) {
    if (jobs.has(definition.type))
      throw new TypeError(`createWaybill: two jobs have the type "${definition.type}"; give each its own`)
    jobs.set(definition.type, definition)
  }
  return jobs
}

/** Throws for a member of `given` that is not among `names`, with the nearest one that is. */
export function refuseUnknown(given: object, names: readonly string[], where: string): void {
  for (const key of Object.keys(given)) {
    if (names.includes(key)) continue
    if (later.includes(key)) throw new TypeError(`${where}: "${key}" is not supported in this version`)
    throw new TypeError(`${where}: unknown option "${key}".${didYouMean(key, names)}`)
  }
}

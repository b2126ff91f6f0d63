// Everything that must hold of a request before a job is made of it. The first fault is thrown as the error the caller
// sees; nothing has been stored by then.
import type { AnyJobDefinition } from '../job/definition.ts'
import { WaybillError, type FieldError } from '../job/errors.ts'
import { isJobId, isName, limits } from '../job/limits.ts'
import { toPriority } from '../job/policy.ts'
import { pointerOf } from '../job/standard-schema.ts'
import type { Tier } from '../job/tier.ts'
import { jsonFault } from '../lib/json.ts'
import { didYouMean } from '../lib/suggest.ts'
import type { SubmitRequest } from './request.ts'

export type Jobs = ReadonlyMap<string, AnyJobDefinition>

/** The definition of a type. Throws `unknown_type`. */
export function definitionOf(jobs: Jobs, type: string): AnyJobDefinition {
  const found = jobs.get(type)
  if (found) return found
  throw new WaybillError(
    'unknown_type',
    `no job type is named "${type.slice(0, 100)}".${didYouMean(type, jobs.keys())}`,
  )
}

/** The input as compact JSON, after the type's own schema has passed it (and perhaps shaped it). */
export function checkedInput(definition: AnyJobDefinition, value: unknown): string | Promise<string> {
  const schema = definition.input
  if (!schema) return inputJson(definition.type, value)
  const verdict = schema['~standard'].validate(value)
  return verdict instanceof Promise ? verdict.then((v) => passed(definition.type, v)) : passed(definition.type, verdict)
}

function passed(
  type: string,
  verdict: { issues?: undefined; value: unknown } | { issues: readonly Parameters<typeof pointerOf>[0][] },
): string {
  if (verdict.issues === undefined) return inputJson(type, verdict.value)
  const errors = verdict.issues
    .slice(0, 50)
    .map((issue) => ({ pointer: `/input${pointerOf(issue)}`, detail: issue.message }))
  const [first] = errors
  throw new WaybillError('invalid_input', `job "${type}": the input does not fit: ${first?.pointer} ${first?.detail}`, {
    errors,
  })
}

function inputJson(type: string, value: unknown): string {
  const fault = jsonFault(value ?? null)
  if (fault) refuse('bad_request', type, { pointer: `/input${fault.pointer}`, detail: `the input ${fault.detail}` })
  const json = JSON.stringify(value ?? null)
  const bytes = Buffer.byteLength(json)
  if (bytes <= limits.inputBytes) return json
  throw new WaybillError(
    'too_large',
    `job "${type}": the input has ${bytes} bytes, the limit is ${limits.inputBytes}; upload the file and send its address`,
  )
}

const highestPriority = 10
/** Ten years. */
const longestDelayMs = 3_650 * 86_400_000

const textMembers = ['title', 'subject', 'traceparent'] as const

/** Names, texts, times and tags. */
export function checkMembers(r: SubmitRequest): void {
  if (r.jobId !== undefined && !isJobId(r.jobId))
    refuse('bad_request', r.type, { pointer: '/job_id', detail: 'a job_id has 1–64 letters, digits, _ or -' })
  if (r.queue !== undefined && !isName(r.queue))
    refuse('bad_request', r.type, { pointer: '/queue', detail: 'a queue has 1–100 letters, digits or . _ : -' })
  if (r.priority !== undefined && toPriority(r.priority) === null)
    refuse('bad_request', r.type, { pointer: '/priority', detail: 'priority is 0–10 or high, default, low' })
  if (r.delayMs !== undefined && r.runAt !== undefined)
    refuse('bad_request', r.type, { pointer: '/run_at', detail: 'give delay_ms or run_at, not both' })
  if (r.delayMs !== undefined && !(r.delayMs >= 0 && r.delayMs <= longestDelayMs))
    refuse('bad_request', r.type, { pointer: '/delay_ms', detail: 'a delay is 0 to 3650 days' })
  for (const member of textMembers) checkText(r.type, `/${member}`, r[member])
  if (r.userId !== null) checkText(r.type, '/user_id', r.userId)
  if (r.tags) checkTags(r.type, r.tags)
  if (r.metadata) checkMetadata(r.type, r.metadata)
  if (r.idempotency) checkText(r.type, '/idempotency_key', r.idempotency.key)
}

/** Times, against the engine's clock. */
export function checkTimes(r: SubmitRequest, now: number): void {
  const { type, runAt, startBy } = r
  const soon = (time: number | undefined) => time === undefined || (time >= 0 && time - now <= longestDelayMs)
  if (!soon(runAt))
    refuse('bad_request', type, {
      pointer: '/run_at',
      detail: 'a time within the next 3650 days, or one that has passed',
    })
  if (startBy !== undefined) checkStartBy(startBy, r, now)
}

function checkStartBy(startBy: number, { type, runAt, delayMs }: SubmitRequest, now: number): void {
  const earliest = Math.max(now, runAt ?? now + (delayMs ?? 0))
  if (startBy > earliest && startBy - now <= longestDelayMs) return
  const until = `after ${toText(earliest)}, when the job may first start, and within the next 3650 days`
  refuse('bad_request', type, { pointer: '/start_by', detail: `expected a time ${until}, got ${toText(startBy)}` })
}

function toText(time: number): string {
  return Math.abs(time) <= 8.64e15 ? new Date(time).toISOString() : String(time)
}

function checkText(type: string, pointer: string, text: string | undefined): void {
  if (text === undefined) return
  if (text.length > limits.textLength)
    refuse('bad_request', type, { pointer, detail: `at most ${limits.textLength} characters` })
  if (jsonFault(text)) refuse('bad_request', type, { pointer, detail: `the text ${jsonFault(text)?.detail}` })
}

function checkTags(type: string, tags: string[]): void {
  if (tags.length > limits.tags)
    refuse('bad_request', type, { pointer: '/tags', detail: `at most ${limits.tags} tags` })
  for (const [i, tag] of tags.entries()) checkText(type, `/tags/${i}`, tag)
}

function checkMetadata(type: string, metadata: object): void {
  const fault = jsonFault(metadata)
  if (fault)
    refuse('bad_request', type, { pointer: `/metadata${fault.pointer}`, detail: `the metadata ${fault.detail}` })
  const bytes = Buffer.byteLength(JSON.stringify(metadata))
  if (bytes > limits.metadataBytes)
    refuse('too_large', type, {
      pointer: '/metadata',
      detail: `metadata has ${bytes} bytes, the limit is ${limits.metadataBytes}`,
    })
}

/**
 * What the caller asks for, if his tier lets him; else what the type says, lowered to what the tier allows. Throws
 * `insufficient_scope`.
 */
export function priorityOf(
  definition: Pick<AnyJobDefinition, 'priority'>,
  { type, priority }: SubmitRequest,
  tier: Tier | null,
): number {
  const asked = priority === undefined ? null : toPriority(priority)
  const most = tier?.maxPriority ?? highestPriority
  if (asked === null) return Math.min(definition.priority, most)
  if (asked <= most) return asked
  const detail = `priority ${asked} is above ${most}, the highest of tier "${tier?.name}"; ask for that or less`
  throw new WaybillError('insufficient_scope', `job "${type}": ${detail}`, {
    errors: [{ pointer: '/priority', detail }],
  })
}

function refuse(code: 'bad_request' | 'too_large', type: string, error: FieldError): never {
  throw new WaybillError(code, `job "${type.slice(0, 100)}": ${error.pointer}: ${error.detail}`, { errors: [error] })
}

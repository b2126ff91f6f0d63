// What a submit asks about other jobs before it is stored: its unique key, a result to reuse, a job to take its input.
// Checked here. Each wish is a hold of the engine, so that of two who come at once one is stored and the other is answered.
import type { Hold } from '../engine/hold.ts'
import type { AnyJobDefinition } from '../job/definition.ts'
import { WaybillError } from '../job/errors.ts'
import { limits } from '../job/limits.ts'
import type { ConflictAnswer } from '../job/unique.ts'
import type { Postponement } from '../job/debounce.ts'
import { idempotencyMs } from '../job/policy.ts'
import { sha256 } from '../lib/ids.ts'
import { canonicalJson, jsonFault, type Json } from '../lib/json.ts'
import type { DebounceWish, SubmitRequest, UniqueWish } from './request.ts'

/** Ten years. */
const longestMs = 3_650 * 86_400_000

export interface Wishes {
  reuse: Reuse | null
  unique: Unique | null
  debounce: Debounce | null
}

export interface Reuse {
  hold: string
  maxAgeMs: number
}

export interface Debounce extends Postponement {
  hold: string
}

export interface Unique {
  /** Of the hold. */
  hold: string
  /** As the caller gave it. */
  key: string
  /** Null: until the job ends. */
  ms: number | null
  onConflict: ConflictAnswer
}

/** Null for the many that ask nothing. */
export function wishesOf(definition: AnyJobDefinition, request: SubmitRequest, inputJson: string): Wishes | null {
  const { unique, reuseResult, debounce } = request
  if (!unique && !reuseResult && !debounce && definition.unique === null) return null
  return {
    reuse: reuseResult ? reuseOf(request, reuseResult.maxAgeMs, inputJson) : null,
    unique: uniqueOf(definition, request, inputJson),
    debounce: debounce ? debounceOf(definition, request, debounce, inputJson) : null,
  }
}

/** A hold for each wish, in the order in which they answer. A result may be reused for its age after a run of at most a day. */
export function holdsOf({ reuse, unique, debounce }: Wishes): Hold[] {
  const holds: Hold[] = []
  const soft = { instead: null, strict: false }
  if (reuse) holds.push({ key: reuse.hold, ms: reuse.maxAgeMs + idempotencyMs, ...soft })
  if (debounce) holds.push({ key: debounce.hold, ms: null, ...soft })
  if (unique) holds.push({ key: unique.hold, ms: unique.ms, instead: null, strict: unique.onConflict === 'reject' })
  return holds
}

/** How long a job of these wishes waits at first; null: as its request says. */
export function waitOf({ debounce }: Wishes): number | null {
  return debounce && Math.min(debounce.waitMs, debounce.maxMs)
}

/** What looks at other jobs or changes them, and so cannot be part of an atomic batch or of the caller's transaction. */
export function faultTogether({ reuse, unique, debounce }: Wishes): string | null {
  const replaces = unique?.onConflict === 'replace' ? 'on_conflict "replace"' : null
  const what = reuse ? 'reuse_result' : debounce ? 'debounce' : replaces
  return what && `${what} is about another job and cannot be part of an atomic batch or a transaction; submit it alone`
}

function reuseOf(request: SubmitRequest, maxAgeMs: number, inputJson: string): Reuse {
  if (!(maxAgeMs >= 1 && maxAgeMs <= longestMs))
    throw bad(request.type, '/reuse_result/max_age_ms', `1 ms to 3650 days, got ${maxAgeMs}`)
  const input: Json = JSON.parse(inputJson)
  return { hold: holdKey('result', request, sha256(canonicalJson(input))), maxAgeMs }
}

function debounceOf(
  { unique }: AnyJobDefinition,
  request: SubmitRequest,
  { key, waitMs, maxMs = 10 * waitMs }: DebounceWish,
  inputJson: string,
): Debounce {
  const { type } = request
  const name = checkedKey(type, '/debounce/key', key)
  if (!(waitMs >= 1 && waitMs <= longestMs)) throw bad(type, '/debounce/wait_ms', `1 ms to 3650 days, got ${waitMs}`)
  if (!(maxMs >= waitMs && maxMs <= longestMs))
    throw bad(type, '/debounce/max_ms', `at least wait_ms (${waitMs}) and at most 3650 days, got ${maxMs}`)
  if (request.delayMs !== undefined || request.runAt !== undefined)
    throw bad(type, '/debounce', 'says when the job runs; leave delay_ms and run_at out')
  if (request.unique || unique || request.reuseResult)
    throw bad(type, '/debounce', 'cannot go together with unique (of the request or its type) or reuse_result')
  return { hold: holdKey('debounce', request, name), input: JSON.parse(inputJson), waitMs, maxMs }
}

function uniqueOf(definition: AnyJobDefinition, request: SubmitRequest, inputJson: string): Unique | null {
  const { type, userId, unique } = request
  if (unique) {
    const ms = checkedMs(type, unique)
    const key = checkedKey(type, '/unique/key', unique.key)
    return { hold: holdKey('unique', request, key), key, ms, onConflict: unique.onConflict ?? 'return' }
  }
  if (!definition.unique) return null
  const { forMs, onConflict } = definition.unique
  const key = checkedKey(type, '/unique/key', definition.unique.key(JSON.parse(inputJson), { userId }))
  return { hold: holdKey('unique', request, key), key, ms: forMs, onConflict }
}

/** Within the type and the owner: nobody can see, hold up or cancel another one's job by its key. */
function holdKey(kind: string, { type, userId }: SubmitRequest, key: string): string {
  return JSON.stringify([kind, type, userId, key])
}

function checkedMs(type: string, { scope = 'active', forMs }: UniqueWish): number | null {
  if (scope === 'active' && forMs === undefined) return null
  if (scope === 'active') throw bad(type, '/unique/for_ms', 'goes with scope "until"; give that, or leave for_ms out')
  if (forMs !== undefined && forMs >= 1 && forMs <= longestMs) return forMs
  throw bad(type, '/unique/for_ms', `scope "until" needs for_ms, 1 ms to 3650 days, got ${forMs}`)
}

function checkedKey(type: string, pointer: string, key: unknown): string {
  if (typeof key !== 'string' || key === '') throw bad(type, pointer, `expected a text, got ${JSON.stringify(key)}`)
  if (key.length > limits.textLength) throw bad(type, pointer, `at most ${limits.textLength} characters`)
  const fault = jsonFault(key)
  if (fault) throw bad(type, pointer, `the text ${fault.detail}`)
  return key
}

function bad(type: string, pointer: string, detail: string): WaybillError {
  return new WaybillError('bad_request', `job "${type}": ${pointer}: ${detail}`, { errors: [{ pointer, detail }] })
}

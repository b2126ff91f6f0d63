// What a submit asks about other jobs, before it is stored: its unique key. Checked here; each wish is a hold
// of the engine, so that of two who come at once one is stored and the other is answered.
import type { Hold } from '../engine/hold.ts'
import type { AnyJobDefinition } from '../job/definition.ts'
import { WaybillError } from '../job/errors.ts'
import { limits } from '../job/limits.ts'
import type { ConflictAnswer } from '../job/unique.ts'
import { jsonFault } from '../lib/json.ts'
import type { SubmitRequest, UniqueWish } from './request.ts'

/** Ten years. */
const longestMs = 3_650 * 86_400_000

export interface Wishes {
  unique: Unique | null
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
  if (request.unique === undefined && definition.unique === null) return null
  return { unique: uniqueOf(definition, request, inputJson) }
}

/** A hold for each wish. */
export function holdsOf({ unique }: Wishes): Hold[] {
  return unique ? [{ key: unique.hold, ms: unique.ms, instead: null, strict: unique.onConflict === 'reject' }] : []
}

/** What cannot be had all or none, since it changes other jobs. */
export function faultInAtomic({ unique }: Wishes): string | null {
  if (unique?.onConflict !== 'replace') return null
  return 'on_conflict "replace" changes another job and cannot be part of an atomic batch; submit it by itself'
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

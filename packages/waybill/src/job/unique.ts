// Unique jobs, as a type defines them: the key that its jobs have, and what becomes of the one that comes second.
import { toMs, type Duration } from '../lib/duration.ts'

/** How long a key is had: `active` until the job ends, `until` for a time, whatever becomes of the job. */
export const uniqueScopes = ['active', 'until'] as const
export type UniqueScope = (typeof uniqueScopes)[number]

/** What the one that comes second is answered: the job that exists, a refusal, or a job of its own instead of that one. */
export const conflictAnswers = ['return', 'reject', 'replace'] as const
export type ConflictAnswer = (typeof conflictAnswers)[number]

export interface UniqueOptions<Input> {
  /** At most 200 characters; the same text is the same key, within the type and the owner. */
  key(input: Input, job: { userId: string | null }): string
  /** Default `active`: until the job ends. `until`: for `for`. */
  scope?: UniqueScope
  /** With `scope: 'until'`. */
  for?: Duration
  /** Default `return`: the job that exists. `reject`: `unique_conflict`. `replace`: that one is cancelled. */
  onConflict?: ConflictAnswer
}

export interface DefinedUnique<Input = unknown> {
  key(input: Input, job: { userId: string | null }): string
  /** Null: until the job ends. */
  readonly forMs: number | null
  readonly onConflict: ConflictAnswer
}

export const uniqueNames: readonly (keyof UniqueOptions<unknown>)[] = ['key', 'scope', 'for', 'onConflict']

/** Throws a TypeError or RangeError that begins with `where`. */
export function definedUnique<Input>(options: UniqueOptions<Input>, where: string): DefinedUnique<Input> {
  if (typeof options.key !== 'function')
    throw new TypeError(`${where}: unique.key is a function of the input, got ${typeof options.key}`)
  return {
    key: (input, job) => options.key(input, job),
    forMs: uniqueMs(options, where),
    onConflict: conflictAnswerOf(options.onConflict, where),
  }
}

/** Null: until the job ends. */
export function uniqueMs(
  { scope = 'active', for: time }: Pick<UniqueOptions<never>, 'scope' | 'for'>,
  where: string,
): number | null {
  if (!uniqueScopes.includes(scope))
    throw new TypeError(`${where}: unique.scope is active or until, got ${JSON.stringify(scope)}`)
  if (scope === 'active' && time === undefined) return null
  if (scope === 'active')
    throw new TypeError(`${where}: unique.for goes with scope "until"; give that, or leave for out`)
  if (time === undefined) throw new TypeError(`${where}: unique.scope "until" needs for, such as "10m"`)
  const ms = toMs(time, `${where}: unique.for`)
  if (ms >= 1) return ms
  throw new RangeError(`${where}: unique.for is at least 1 ms, got ${ms}`)
}

export function conflictAnswerOf(given: ConflictAnswer = 'return', where: string): ConflictAnswer {
  if (conflictAnswers.includes(given)) return given
  throw new TypeError(`${where}: unique.onConflict is return, reject or replace, got ${JSON.stringify(given)}`)
}

// What a schema found wrong, as the caller's `errors`: a JSON Pointer and a sentence, with "did you mean" for a member
// that nobody knows.
import { z } from 'zod'
import type { FieldError } from '../job/errors.ts'
import { isObject } from '../lib/json.ts'
import { didYouMean } from '../lib/suggest.ts'

type Issue = z.core.$ZodIssue

/** Members that this API will know in a later version. */
const later = new Set(['webhook'])
const mostFaults = 20

/** The value, or what is wrong with it. */
export function checked<T>(schema: z.ZodType<T>, value: unknown): { value: T } | { errors: FieldError[] } {
  const verdict = schema.safeParse(value)
  if (verdict.success) return { value: verdict.data }
  const errors = verdict.error.issues.flatMap((issue) => faultsOf(issue, schema, value))
  return { errors: unknownFirst(errors).slice(0, mostFaults) }
}

function faultsOf(issue: Issue, schema: z.ZodType, value: unknown): FieldError[] {
  const pointer = pointerOf(issue.path)
  if (issue.code !== 'unrecognized_keys') return [{ pointer, detail: sentence(issue, valueAt(value, issue.path)) }]
  const known = membersAt(schema, issue.path)
  return issue.keys.map((key) => ({
    pointer: `${pointer}/${escaped(key)}`,
    detail: later.has(key)
      ? 'is not supported in this version'
      : `unknown member "${key.slice(0, 100)}".${didYouMean(key, known)}`,
  }))
}

function sentence(issue: Issue, value: unknown): string {
  if (value === undefined && issue.code === 'invalid_type') return `is required (${issue.expected})`
  return issue.message.replace(/^Invalid input: /, '')
}

// The members that the schema knows at a place. Built from its JSON Schema only when somebody has made a mistake.
function membersAt(schema: z.ZodType, path: PropertyKey[]): string[] {
  let at: unknown = z.toJSONSchema(schema, { unrepresentable: 'any', io: 'input' })
  for (const key of path) at = isObject(at) && isObject(at['properties']) ? at['properties'][String(key)] : undefined
  return isObject(at) && isObject(at['properties']) ? Object.keys(at['properties']) : []
}

function valueAt(value: unknown, path: PropertyKey[]): unknown {
  let at = value
  for (const key of path) at = Array.isArray(at) ? at[Number(key)] : isObject(at) ? at[String(key)] : undefined
  return at
}

function unknownFirst(errors: FieldError[]): FieldError[] {
  const rank = ({ detail }: FieldError) => (detail.startsWith('unknown member') ? 0 : 1)
  return errors.sort((a, b) => rank(a) - rank(b))
}

function pointerOf(path: PropertyKey[]): string {
  return path.map((part) => `/${escaped(String(part))}`).join('')
}

function escaped(part: string): string {
  return part.replaceAll('~', '~0').replaceAll('/', '~1')
}

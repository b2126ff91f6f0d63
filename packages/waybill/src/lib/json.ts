// JSON values, and the checks that a value from outside must pass before anything keeps it.

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json }
export type JsonObject = { [key: string]: Json }

/** Why a value cannot be kept, with a JSON Pointer (RFC 6901) to the place. */
export interface JsonFault {
  pointer: string
  detail: string
}

export interface JsonLimits {
  /** Nesting depth allowed. Default 64. */
  depth?: number
  /** Members and items allowed in all. Default 100,000. */
  nodes?: number
}

const forbiddenKeys = new Set(['__proto__', 'constructor', 'prototype'])

/**
 * Looks for what must never be stored: prototype keys, NUL, lone surrogates, numbers that JSON cannot carry,
 * values that are no JSON at all or would lose what they hold, and nesting or size past the limits. Null when the value is sound.
 */
export function jsonFault(value: unknown, limits: JsonLimits = {}): JsonFault | null {
  const budget = { depth: limits.depth ?? 64, nodes: limits.nodes ?? 100_000 }
  return faultAt(value, '', 0, budget)
}

function faultAt(
  value: unknown,
  pointer: string,
  depth: number,
  budget: { depth: number; nodes: number },
): JsonFault | null {
  if (--budget.nodes < 0) return { pointer, detail: 'has too many members' }
  if (typeof value === 'string') return textFault(value, pointer)
  if (typeof value === 'number') return Number.isFinite(value) ? null : { pointer, detail: 'is not a finite number' }
  if (value === null || typeof value === 'boolean') return null
  if (typeof value !== 'object') return { pointer, detail: `is ${typeof value}, which JSON cannot carry` }
  if (isHollow(value)) return { pointer, detail: `is a ${kindOf(value)}, which JSON cannot carry` }
  if (depth >= budget.depth) return { pointer, detail: `is nested deeper than ${budget.depth} levels` }
  return Array.isArray(value) ? itemsFault(value, pointer, depth, budget) : membersFault(value, pointer, depth, budget)
}

// What JSON.stringify would silently make "{}" of (a promise nobody awaited, a Map, an Error), or a member a byte.
function isHollow(value: object): boolean {
  if (ArrayBuffer.isView(value)) return true
  const base: unknown = Object.getPrototypeOf(value)
  const isPlain = Array.isArray(value) || base === null || Object.getPrototypeOf(base) === null
  return !isPlain && !('toJSON' in value) && Object.keys(value).length === 0
}

function kindOf(value: object): string {
  return Object.prototype.toString.call(value).slice('[object '.length, -1)
}

function itemsFault(
  items: unknown[],
  pointer: string,
  depth: number,
  budget: { depth: number; nodes: number },
): JsonFault | null {
  for (let i = 0; i < items.length; i++) {
    const fault = faultAt(items[i], `${pointer}/${i}`, depth + 1, budget)
    if (fault) return fault
  }
  return null
}

function membersFault(
  members: object,
  pointer: string,
  depth: number,
  budget: { depth: number; nodes: number },
): JsonFault | null {
  for (const [key, member] of Object.entries(members)) {
    const at = `${pointer}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`
    if (forbiddenKeys.has(key)) return { pointer: at, detail: `the key "${key}" is refused` }
    const fault = textFault(key, at) ?? (member === undefined ? null : faultAt(member, at, depth + 1, budget))
    if (fault) return fault
  }
  return null
}

function textFault(text: string, pointer: string): JsonFault | null {
  if (text.includes('\0')) return { pointer, detail: 'contains a NUL character' }
  return text.isWellFormed() ? null : { pointer, detail: 'contains half of a surrogate pair' }
}

/** True for a JSON object: not null, not an array. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Compact JSON whose object keys are sorted, so that equal values give equal text (for hashes). */
export function canonicalJson(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const members = Object.keys(value)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonicalJson(value[key] ?? null)}`)
  return `{${members.join(',')}}`
}

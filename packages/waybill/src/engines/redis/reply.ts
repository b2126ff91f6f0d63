// What Redis answers, taken apart: every value is checked where it is read.

export function list(value: unknown): unknown[] {
  if (Array.isArray(value)) return value
  throw new Error(`Redis: a list was expected, got ${typeof value}`)
}

export function text(value: unknown): string {
  if (typeof value === 'string') return value
  if (typeof value === 'number') return String(value)
  throw new Error(`Redis: a text was expected, got ${value === null ? 'nothing' : typeof value}`)
}

export function texts(value: unknown): string[] {
  return list(value).map(text)
}

export function textOrNull(value: unknown): string | null {
  return value === null || value === undefined ? null : text(value)
}

/** A flat list of keys and values as pairs. */
export function pairs(value: unknown): [string, string][] {
  const flat = texts(value)
  return Array.from({ length: flat.length / 2 }, (_, i) => [flat[2 * i] ?? '', flat[2 * i + 1] ?? ''])
}

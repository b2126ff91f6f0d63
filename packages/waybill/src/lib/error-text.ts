// Whatever was thrown, in one line.

/** One line for whatever was thrown. */
export function errorText(thrown: unknown): string {
  if (thrown instanceof Error) return `${thrown.name}: ${thrown.message}`
  return typeof thrown === 'string' ? thrown : (JSON.stringify(thrown) ?? typeof thrown)
}

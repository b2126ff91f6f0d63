// Whatever was thrown, in one line. It must never throw itself: it speaks where things have gone wrong already.

/** One line for whatever was thrown. */
export function errorText(thrown: unknown): string {
  if (thrown instanceof Error) return `${thrown.name}: ${thrown.message}`
  return typeof thrown === 'string' ? thrown : (jsonOrNull(thrown) ?? typeof thrown)
}

// JSON has no word for a bigint, nor for what contains itself.
function jsonOrNull(value: unknown): string | null {
  if (typeof value === 'bigint') return `${value}n`
  try {
    return JSON.stringify(value) ?? null
  } catch (error) {
    return error instanceof Error ? `${typeof value} that JSON cannot carry: ${error.message.split('\n')[0]}` : null
  }
}

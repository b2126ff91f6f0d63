// Durations as people write them: "250ms" "30s" "5m" "24h" "7d", or a number of milliseconds.

const units: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** A number of milliseconds, or a text such as `"30s"`, `"5m"`, `"24h"`, `"7d"`, `"250ms"`. */
export type Duration = number | string

/** Milliseconds of a duration. Throws a RangeError that names `what` when it is not one, or is negative. */
export function toMs(value: Duration, what: string): number {
  const ms = typeof value === 'number' ? value : parse(value)
  if (Number.isFinite(ms) && ms >= 0) return Math.round(ms)
  throw new RangeError(
    `${what}: expected a duration such as "30s", "5m", "24h" or milliseconds, got ${JSON.stringify(value)}`,
  )
}

/** The same for texts of strangers; null when it is no duration. */
export function msOrNull(text: string): number | null {
  const ms = parse(text)
  return Number.isFinite(ms) ? Math.round(ms) : null
}

function parse(text: string): number {
  const match = /^\s*(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)?\s*$/.exec(text)
  return match ? Number(match[1]) * (units[match[2] ?? 'ms'] ?? Number.NaN) : Number.NaN
}

/** A duration for people: `850 ms`, `41 s`, `12 min`, `3 h`, `2 d`. */
export function spokenDuration(ms: number): string {
  if (ms < 1_000) return `${Math.max(0, Math.round(ms))} ms`
  if (ms < 120_000) return `${Math.round(ms / 1_000)} s`
  if (ms < 7_200_000) return `${Math.round(ms / 60_000)} min`
  if (ms < 172_800_000) return `${Math.round(ms / 3_600_000)} h`
  return `${Math.round(ms / 86_400_000)} d`
}

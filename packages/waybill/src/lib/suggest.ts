// "did you mean …": the nearest known word, for unknown members, options, types and commands.

/** The known word nearest to `word` (edit distance at most a third of its length, and at least 1), or null. */
export function nearest(word: string, known: Iterable<string>): string | null {
  let best: string | null = null
  let bestDistance = Math.max(1, Math.floor(word.length / 3)) + 1
  for (const candidate of known) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase())
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance]
  }
  return best
}

/** ` Did you mean "x"?` or an empty text. */
export function didYouMean(word: string, known: Iterable<string>): string {
  const hit = nearest(word, known)
  return hit === null ? '' : ` Did you mean "${hit}"?`
}

// Optimal string alignment (Levenshtein, and two neighbours swapped count one) by rows; words longer than 64 characters
// are not worth a suggestion.
function editDistance(a: string, b: string): number {
  if (a.length > 64 || b.length > 64) return Number.POSITIVE_INFINITY
  const rows = [Array.from({ length: b.length + 1 }, (_, j) => j)]
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) row.push(cheapest(rows, row, a, b, i, j))
    rows.push(row)
  }
  return rows[a.length]?.[b.length] ?? Number.POSITIVE_INFINITY
}

function cheapest(rows: number[][], row: number[], a: string, b: string, i: number, j: number): number {
  const at = (up: number, left: number): number => rows[i - up]?.[j - left] ?? Number.POSITIVE_INFINITY
  const same = a[i - 1] === b[j - 1]
  const swapped = a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? at(2, 2) + 1 : Number.POSITIVE_INFINITY
  return Math.min(at(1, 0) + 1, (row[j - 1] ?? 0) + 1, at(1, 1) + (same ? 0 : 1), swapped)
}

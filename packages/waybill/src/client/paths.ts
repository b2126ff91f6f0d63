// Where things are under the API's address.

export function jobPath(id: string): string {
  return `/jobs/${encodeURIComponent(id)}`
}

export function batchPath(id: string): string {
  return `/batches/${encodeURIComponent(id)}`
}

/** A query from what is given; lists are joined by commas. */
export function queryOf(members: Record<string, unknown>): string {
  return new URLSearchParams(
    Object.entries(members).map(([name, value]) => [name, [value].flat().join(',')]),
  ).toString()
}

// How long the last completed runs of a type took, kept as a document a type: written by workers, read by whoever shows
// how long a job will take. Newest first, and never more than are needed.
import { mostRuns } from '../job/estimate.ts'
import type { Doc } from './engine.ts'

export const runsKind = 'runs'

/** One completed run of a job: when it ended and how long it took, in milliseconds. */
export interface PastRun {
  endedAt: number
  tookMs: number
}

/** What such a document tells; nothing that is no run. */
export function pastRuns(doc: Pick<Doc, 'body'> | undefined): PastRun[] {
  const rows = doc?.body['runs']
  if (!Array.isArray(rows)) return []
  return rows.flatMap((row) => {
    const [endedAt, tookMs] = Array.isArray(row) ? row : []
    return typeof endedAt === 'number' && typeof tookMs === 'number' ? [{ endedAt, tookMs }] : []
  })
}

export function runsBody(runs: readonly PastRun[]): Doc['body'] {
  return { runs: runs.map(({ endedAt, tookMs }) => [endedAt, tookMs]) }
}

/** The newest of both. */
export function newestRuns(some: readonly PastRun[], others: readonly PastRun[]): PastRun[] {
  return [...some, ...others].toSorted((a, b) => b.endedAt - a.endedAt).slice(0, mostRuns)
}

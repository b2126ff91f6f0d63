// What a new follower is told first: the present state of all it asked for, or what changed since it was last there.
import type { JobFilter, ReadEngine } from '../engine/engine.ts'
import { statuses, isEnd } from '../job/status.ts'
import type { Entry } from './entry.ts'
import { commitLagMs } from './hub.ts'
import type { InterestFilter } from './interest.ts'
import type { Found, NearCache } from './near-cache.ts'

/** Of a filter: all unfinished jobs up to this many, and the newest of any status. */
const mostUnfinished = 1_000
const newest = 50
const mostChanged = 5_000

export function presentIds(near: NearCache, ids: readonly string[]): Promise<Found[]> {
  return Promise.all(ids.map((id) => presentId(near, id)))
}

// Whoever follows may have seen more elsewhere, and is told nothing older than that.
async function presentId(near: NearCache, id: string): Promise<Found> {
  const found = near.exact(id)
  return found ? { id, found, source: 'memory' } : near.read(id)
}

/** Oldest first, so that what a follower hears last is the newest. */
export async function presentOf(
  engine: ReadEngine,
  near: NearCache,
  filter: InterestFilter,
  since: number | undefined,
): Promise<Entry[]> {
  if (since !== undefined) {
    return (await listed(engine, near, { ...filter, updatedSince: since - commitLagMs }, mostChanged)).reverse()
  }
  const unfinished = statuses.filter((status) => !isEnd(status))
  const running = await listed(engine, near, { ...filter, status: unfinished }, mostUnfinished)
  const recent = await listed(engine, near, filter, newest)
  return [...new Set([...running, ...recent])].sort((a, b) => a.record.createdAt - b.record.createdAt)
}

async function listed(engine: ReadEngine, near: NearCache, filter: JobFilter, most: number): Promise<Entry[]> {
  const entries: Entry[] = []
  let after: string | null = null
  do {
    const stamp = engine.stamp()
    const page = await engine.list({ filter, limit: Math.min(200, most - entries.length), after })
    for (const record of page.records) entries.push(near.keep(record, stamp))
    after = page.next
  } while (after !== null && entries.length < most)
  return entries
}

// What a new follower is told first: the present state of all it asked for, or what changed since it was last there.
// Bounded, whatever is kept: the guide docs/guides/http.md says what a filter's first state is.
import type { JobFilter, ReadEngine } from '../engine/engine.ts'
import { statuses, isEnd } from '../job/status.ts'
import type { Entry } from './entry.ts'
import { commitLagMs, mostLooked } from './hub.ts'
import type { InterestFilter } from './interest.ts'
import type { Found, NearCache } from './near-cache.ts'

/** Of a filter: all unfinished jobs up to this many, and the newest of any status. */
const mostUnfinished = 1_000
const newest = 50
/** More changes than this are told as the whole present state instead, and so is all that is older. */
const mostChanged = 1_000
const longestGapMs = 600_000
const pageSize = 200
const idsAtOnce = 16

/** The named jobs, some at a time: the next are read when those before have been told. */
export async function* presentIds(near: NearCache, ids: readonly string[]): AsyncGenerator<Found[]> {
  for (let from = 0; from < ids.length; from += idsAtOnce)
    yield await Promise.all(ids.slice(from, from + idsAtOnce).map((id) => presentId(near, id)))
}

// Whoever follows may have seen more elsewhere, and is told nothing older than that.
async function presentId(near: NearCache, id: string): Promise<Found> {
  const found = near.exact(id)
  return found ? { id, found, source: 'memory' } : near.read(id)
}

/** The filter's first state, oldest first, so that what a follower hears last is the newest. */
export async function presentOf(engine: ReadEngine, near: NearCache, filter: InterestFilter): Promise<Entry[]> {
  const unfinished = statuses.filter((status) => !isEnd(status))
  const { entries: running } = await listed(engine, near, { ...filter, status: unfinished }, mostUnfinished)
  const { entries: recent } = await listed(engine, near, filter, newest)
  return [...new Set([...running, ...recent])].sort((a, b) => a.record.createdAt - b.record.createdAt)
}

/** What changed since, oldest first; null when that is too long ago or too much. */
export async function changedOf(
  engine: ReadEngine,
  near: NearCache,
  filter: InterestFilter,
  since: number,
): Promise<Entry[] | null> {
  if (engine.now() - since > longestGapMs) return null
  const changed = { ...filter, updatedSince: since - commitLagMs }
  const { entries, isAll } = await listed(engine, near, changed, mostChanged)
  return isAll ? entries.toReversed() : null
}

async function listed(
  engine: ReadEngine,
  near: NearCache,
  filter: JobFilter,
  most: number,
): Promise<{ entries: Entry[]; isAll: boolean }> {
  const entries: Entry[] = []
  let after: string | null = null
  do {
    const stamp = engine.stamp()
    const limit = Math.min(pageSize, most - entries.length)
    const page = await engine.list({ filter, limit, after, look: mostLooked })
    for (const record of page.records) entries.push(near.keep(record, stamp))
    after = page.next
    if (page.records.length < limit) break // what is older was not looked at
  } while (after !== null && entries.length < most)
  return { entries, isAll: after === null }
}

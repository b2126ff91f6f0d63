// The verbs that read. What the engine says is remembered, so that no older entry is believed afterwards; single jobs are
// written to the cache on the way, and revs renew the entries that bear them.
import {
  isGone,
  type Engine,
  type Include,
  type JobDetails,
  type ListPage,
  type ListRequest,
  type Tombstone,
} from '../engine/engine.ts'
import type { JobRecord } from '../job/record.ts'
import type { Front } from './front.ts'
import { withRev } from './writes.ts'

type Found = JobDetails | Tombstone | null

/** The truth. */
export async function get(front: Front, ids: string[], include?: Include): Promise<Found[]> {
  const askedAt = front.accelerator.now
  const found = await front.engine.get(ids, include)
  const records = found.flatMap(recordOf)
  if (include) front.sawInPassing(records, askedAt)
  else front.saw(records, askedAt)
  return found
}

/** From the cache what can be believed, the rest from the engine. */
export async function getThroughCache(front: Front, ids: string[], include?: Include): Promise<Found[]> {
  if (include) return get(front, ids, include)
  const hits = await front.accelerator.look(ids)
  const rest = ids.filter((id) => !hits.has(id))
  const read = rest.length === 0 ? [] : await get(front, rest)
  const byId = new Map(rest.map((id, i): [string, Found] => [id, read[i] ?? null]))
  return ids.map((id) => {
    const record = hits.get(id)
    return record ? { record, source: 'cache' } : (byId.get(id) ?? null)
  })
}

export async function revs(front: Front, ids: string[]): Promise<(number | null)[]> {
  const askedAt = front.accelerator.now
  const found = await front.engine.revs(ids)
  const known = ids.flatMap((id, i) => withRev(id, found[i]))
  front.accelerator.sawRevs(known, askedAt, true)
  front.accelerator.distrust(ids.filter((_, i) => found[i] === null))
  return found
}

export async function list(front: Front, request: ListRequest): Promise<ListPage> {
  const askedAt = front.accelerator.now
  const page = await front.engine.list(request)
  front.sawInPassing(page.records, askedAt)
  return page
}

export async function due(front: Front, ...asked: Parameters<Front['engine']['due']>): Promise<JobRecord[]> {
  const askedAt = front.accelerator.now
  const records = await front.engine.due(...asked)
  front.sawInPassing(records, askedAt)
  return records
}

/** The engine's hints and those of the accelerator. Whatever a hint names is not believed of older entries any more. */
export function watch(
  { engine, accelerator }: Front,
  ...[listener, audience]: Parameters<Engine['watch']>
): () => void {
  const unwatch = engine.watch((hint) => {
    accelerator.distrust(hint.ids)
    listener(hint)
  }, audience)
  const unlisten = accelerator.listen(listener)
  return () => {
    unwatch()
    unlisten()
  }
}

function recordOf(found: Found): JobRecord[] {
  return found === null || isGone(found) ? [] : [found.record]
}

// The reads: each a walk over everything.
import type {
  DueKind,
  Include,
  JobDetails,
  JobFilter,
  ListPage,
  ListRequest,
  QueueRow,
  Tombstone,
  WorkerRow,
} from '../../engine.ts'
import type { JobRecord } from '../../../job/record.ts'
import type { Status } from '../../../job/status.ts'
import { matches } from '../../filter.ts'
import { isTimed } from '../../is-due.ts'
import type { Kept, Store } from './store.ts'

export function getOne(store: Store, id: string, include: Include, now: number): JobDetails | Tombstone | null {
  const kept = store.jobs.get(id)
  if (kept) return details(store, kept, include)
  const tombstone = store.tombstones.get(id)
  return tombstone && tombstone.expiresAt > now ? { gone: true, userId: tombstone.userId } : null
}

function details(store: Store, kept: Kept, include: Include): JobDetails {
  const record = store.shown(kept)
  return {
    record: include.input ? { ...record, input: JSON.parse(kept.inputJson) } : record,
    ...(include.timeline ? { timeline: [...kept.timeline] } : {}),
    ...(include.steps ? { steps: [...kept.steps] } : {}),
  }
}

// In the order of insert; a page goes on after where the one before ended, whatever has become of that job since.
export function list(store: Store, request: ListRequest): ListPage {
  const { filter, limit, oldestFirst = false, after = null, offset = 0 } = request
  const isBeyond = ({ born }: Kept) => after === null || (oldestFirst ? born > Number(after) : born < Number(after))
  const found = store.all().filter((kept) => matches(store.shown(kept), filter) && isBeyond(kept))
  const ordered = oldestFirst ? found : found.toReversed()
  const page = ordered.slice(offset, offset + limit)
  const next = ordered.length > offset + limit ? String(page.at(-1)?.born) : null
  return { records: page.map((kept) => store.shown(kept)), next }
}

export function count(store: Store, filter: JobFilter): Record<Status, number> {
  const counts = { scheduled: 0, pending: 0, waiting: 0, processing: 0, completed: 0, failed: 0, cancelled: 0 }
  for (const { record } of store.jobs.values()) if (matches(record, filter)) counts[record.status]++
  return counts
}

export function queues(store: Store): QueueRow[] {
  const named = [...store.docs.values()].flatMap(({ kind, key }) => (kind === 'queue' ? [key] : []))
  const names = new Set([...store.all().map(({ record }) => record.queue), ...named])
  return [...names].toSorted().map((queue) => ({
    queue,
    counts: count(store, { queue }),
    paused: store.isPaused(queue),
    oldestPendingAt: oldestPending(store, queue),
  }))
}

function oldestPending(store: Store, queue: string): number | null {
  const pending = store.all().filter(({ record }) => record.queue === queue && record.status === 'pending')
  return pending.length === 0 ? null : Math.min(...pending.map(({ record }) => record.createdAt))
}

export function workers(store: Store, now: number): WorkerRow[] {
  return [...store.workers.values()].filter(({ expiresAt }) => expiresAt > now).map(({ ttlMs: _, ...row }) => row)
}

export function due(store: Store, kind: DueKind, limit: number, now: number): JobRecord[] {
  const dated = store.all().map((kept) => ({ kept, at: dueAt(store, kind, kept) ?? Number.POSITIVE_INFINITY }))
  return dated
    .filter(({ at }) => at <= now)
    .toSorted((a, b) => a.at - b.at)
    .slice(0, limit)
    .map(({ kept }) => store.shown(kept))
}

function dueAt(store: Store, kind: DueKind, kept: Kept): number | null {
  const { record } = kept
  if (kind === 'run_at') return isTimed(record) ? record.runAt : null
  if (kind === 'lease') return store.leaseOf(kept)?.expiresAt ?? null
  if (kind === 'cancel') return record.status === 'processing' ? record.cancelBy : null
  return kept.startBy
}

// purge: ended jobs past their time leave a tombstone; tombstones, keys, workers and roles past theirs leave nothing.
import { tombstoneMs } from '../../../job/policy.ts'
import { isEnd } from '../../../job/status.ts'
import { sweepHolds } from './holds.ts'
import type { Store } from './store.ts'

export function purge(store: Store, limit: number, id: string | undefined, now: number): number {
  const ended = store.all().filter(({ record }) => isEnd(record.status))
  const chosen =
    id === undefined
      ? ended
          .filter(({ record }) => (record.expiresAt ?? 0) <= now)
          .toSorted(byExpiry)
          .slice(0, limit)
      : ended.filter(({ record }) => record.id === id)
  for (const { record } of chosen) {
    store.jobs.delete(record.id)
    store.tombstones.set(record.id, { userId: record.userId, expiresAt: now + tombstoneMs })
  }
  if (id !== undefined) return chosen.length
  for (const map of [store.tombstones, store.keys, store.workers, store.roles]) forgetPast(map, now)
  sweepHolds(store, now)
  return chosen.length
}

function byExpiry(a: { record: { expiresAt: number | null } }, b: { record: { expiresAt: number | null } }): number {
  return (a.record.expiresAt ?? 0) - (b.record.expiresAt ?? 0)
}

function forgetPast(map: Map<string, { expiresAt: number }>, now: number): void {
  for (const [key, { expiresAt }] of map) if (expiresAt <= now) map.delete(key)
}

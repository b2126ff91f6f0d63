// Holds: a name is had by one job at a time, until that job ends or for a time.
import type { NewJob } from '../../engine.ts'
import { isEnd } from '../../../job/status.ts'
import { holdLookMs } from '../../hold.ts'
import type { HoldRow, Store } from './store.ts'

/** The first of the job's holds that stands, and who has it. */
export function holder(store: Store, { holds = [] }: NewJob, now: number): { id: string; key: string } | null {
  for (const { key, instead } of holds) {
    const held = store.holds.get(key)
    if (held && held.id !== instead && stands(store, held, now)) return { id: held.id, key }
  }
  return null
}

export function take(store: Store, { spec, holds = [] }: NewJob, now: number): void {
  for (const { key, ms } of holds)
    store.holds.set(key, { id: spec.id, until: ms === null ? null : now + ms, lookAt: now + (ms ?? holdLookMs) })
}

/** Forgets holds that stand no longer, once it is their time to be looked at. */
export function sweepHolds(store: Store, now: number): void {
  for (const [key, row] of store.holds) {
    if (row.lookAt > now) continue
    if (row.until === null && stands(store, row, now)) row.lookAt = now + holdLookMs
    else store.holds.delete(key)
  }
}

function stands(store: Store, { id, until }: HoldRow, now: number): boolean {
  if (until !== null) return until > now
  const kept = store.jobs.get(id)
  return kept !== undefined && !isEnd(kept.record.status)
}

// apply: a Change is written if the job still meets what it expects (job/change.ts), with its timeline entry and rev + 1.
import { changed, meets, type Applied, type Change } from '../../../job/change.ts'
import { isEnd } from '../../../job/status.ts'
import { keepSteps } from './note.ts'
import type { Store } from './store.ts'

export function apply(store: Store, change: Change, now: number): Applied {
  const kept = store.jobs.get(change.id)
  if (!kept) return { outcome: 'missing' }
  const before = store.shown(kept)
  const verdict = meets(before, change, now, kept.steps)
  if (verdict !== 'yes') return { outcome: verdict }
  const { input, ...after } = changed(before, change, now)
  kept.record = { ...after, lease: null }
  kept.steps = kept.steps.filter(({ key }) => !change.dropSteps?.includes(key))
  keepSteps(kept, change.steps ?? [], now)
  kept.timeline.push({ seq: after.rev, at: now, ...change.event })
  if (input !== undefined) kept.inputJson = JSON.stringify(input)
  if (after.status === 'pending') kept.ticket = ++store.ticket
  if (isEnd(after.status)) kept.startBy = null
  return { outcome: 'applied', rev: after.rev, at: now }
}

// note: progress, log lines and steps of a running job, under its fence. Only what shows raises the rev.
import type { Note } from '../../engine.ts'
import { recorded } from '../../../job/change.ts'
import { limits } from '../../../job/limits.ts'
import { notedState } from '../../../job/progress.ts'
import type { Kept, Store } from './store.ts'

export function note(store: Store, { id, fence, logs = [], steps = [], ...said }: Note, now: number): number | 'lost' {
  const kept = store.leasedAs(id, fence)
  if (!kept) return 'lost'
  keepLogs(kept, logs, now)
  keepSteps(kept, steps, now)
  const news = notedState(kept.record, said)
  if (Object.keys(news).length > 0) kept.record = { ...kept.record, ...news, rev: kept.record.rev + 1, updatedAt: now }
  return kept.record.rev
}

// Numbered from 1 without a gap; beyond the limit of a job the oldest go.
function keepLogs(kept: Kept, lines: NonNullable<Note['logs']>, now: number): void {
  for (const line of lines) kept.logs.push({ ...line, seq: (kept.logs.at(-1)?.seq ?? 0) + 1, at: now })
  kept.logs = kept.logs.slice(-limits['logLines'])
}

// One a key: a step recorded again replaces itself.
export function keepSteps(kept: Kept, steps: NonNullable<Note['steps']>, now: number): void {
  for (const step of steps) kept.steps = [...kept.steps.filter(({ key }) => key !== step.key), recorded(step, now)]
  if (steps.length > 0) kept.record = { ...kept.record, hasSteps: true }
}

// An explicit retry as people ask for it: the whole job again, or from one of its steps on, perhaps with a new input. Pure.
import type { Json } from '../lib/json.ts'
import type { Change } from './change.ts'
import { retried } from './decide.ts'
import type { JobRecord, Step } from './record.ts'

export interface Rerun {
  input?: Json
  /** The first step that is done again. Left out: every step that was done is kept. */
  fromStep?: string
}

/** Null when the job has not ended. `no such step`: it has none of this key. */
export function rerun(
  job: JobRecord,
  steps: readonly Step[],
  { input, fromStep }: Rerun,
): Change | null | 'no such step' {
  const change = retried(job, input)
  if (change === null || fromStep === undefined) return change
  const from = steps.find(({ key }) => key === fromStep)
  if (!from) return 'no such step'
  const { event } = change
  return {
    ...change,
    dropSteps: steps.filter((step) => !isBefore(step, from)).map(({ key }) => key),
    event: { ...event, data: { ...event.data, from_step: fromStep } },
  }
}

// What began earlier cannot have used its result. Of two that began in one millisecond the one that ended first is earlier.
function isBefore(step: Step, from: Step): boolean {
  if (step.startedAt !== from.startedAt) return step.startedAt < from.startedAt
  return step.endedAt < from.endedAt
}

// A Change is a decision about one job, ready to be stored: what must still be true, where the job goes, what is set.
// Durations, never instants: the engine adds them to its own clock, so skewed machines cannot bend a lease or a delay.
import type { Json, JsonObject } from '../lib/json.ts'
import type { JobRecord, JobState, Step } from './record.ts'
import { isEnd, type Status } from './status.ts'
import type { TimelineType } from './timeline.ts'

/** What must hold at the moment of writing; otherwise nothing is written. */
export interface Expect {
  /** The job is leased under exactly this fence. */
  fence?: number
  /** The job's rev is exactly this. */
  rev?: number
  /** With `fence`: the cancel flag is set, or is not. */
  cancelRequested?: boolean
  /** With `fence`: the lease has run out on the engine's clock. */
  leaseExpired?: true
  /** No step has been recorded under any of these keys. */
  withoutSteps?: readonly string[]
}

/** A step as it is recorded: `endedAt` is the engine's to say. */
export type NewStep = Omit<Step, 'endedAt'>

/** The step as it is kept: whatever clocks say, it has not ended before it began. */
export function recorded(step: NewStep, now: number): Step {
  return { ...step, endedAt: Math.max(now, step.startedAt) }
}

export type Settable = Pick<
  JobState,
  | 'waitReason'
  | 'attempt'
  | 'fails'
  | 'losses'
  | 'startedAt'
  | 'progress'
  | 'progressMessage'
  | 'stage'
  | 'counts'
  | 'cancelReason'
  | 'result'
  | 'error'
  | 'children'
>

export interface Change {
  id: string
  expect: Expect
  to: Status
  set: Partial<Settable>
  /** A new input, given with an explicit retry or to a job that waits for its time. */
  input?: Json
  /** `runAt` = the engine's now + this. Left out: now when the job becomes pending, otherwise unchanged. */
  runInMs?: number
  /** For end states: `expiresAt` = the engine's now + this. */
  keepMs?: number
  /** For a cancel request: `cancelBy` = the engine's now + this. */
  graceMs?: number
  /** Steps that are forgotten with it, by key. */
  dropSteps?: readonly string[]
  /** Recorded with it, each over one of the same key. */
  steps?: NewStep[]
  event: { type: TimelineType; data: JsonObject }
}

/**
 * What became of a Change. `lost`: the fence or rev is no longer the job's. `changed`: it is, but the cancel flag, the
 * lease's end or a step is not as expected: read and decide again. `missing`: there is no such job.
 */
export type Applied = { outcome: 'applied'; rev: number; at: number } | { outcome: 'lost' | 'changed' | 'missing' }

/** Whether `change` may be written over `record`, whose `steps` matter to `withoutSteps` alone. */
export function meets(
  record: JobRecord,
  { expect }: Change,
  now: number,
  steps: readonly Pick<Step, 'key'>[] = [],
): 'yes' | 'lost' | 'changed' {
  if (expect.rev !== undefined && record.rev !== expect.rev) return 'lost'
  if (expect.fence !== undefined && record.lease?.fence !== expect.fence) return 'lost'
  if (expect.withoutSteps && steps.some(({ key }) => expect.withoutSteps?.includes(key))) return 'changed'
  if (expect.fence === undefined || !record.lease) return 'yes'
  if (expect.cancelRequested !== undefined && expect.cancelRequested !== (record.cancelRequestedAt !== null))
    return 'changed'
  return expect.leaseExpired && record.lease.expiresAt > now ? 'changed' : 'yes'
}

/** The record after `change`, at `now` on the engine's clock. Pure; engines that cannot run it mirror it. */
export function changed(record: JobRecord, change: Change, now: number): JobRecord {
  const ended = isEnd(change.to)
  const runs = change.to === 'processing'
  const comes = change.to === 'pending' && record.status !== 'pending'
  const runAt = change.runInMs !== undefined ? now + change.runInMs : comes ? now : record.runAt
  return {
    ...record,
    ...change.set,
    ...(change.input === undefined ? {} : { input: change.input }),
    ...cancelFields(record, change, now),
    rev: record.rev + 1,
    status: change.to,
    runAt,
    updatedAt: now,
    completedAt: ended ? now : null,
    expiresAt: ended ? now + (change.keepMs ?? 0) : null,
    lease: runs ? record.lease : null,
    hasSteps: record.hasSteps || (change.steps?.length ?? 0) > 0,
  }
}

function cancelFields(
  record: JobRecord,
  change: Change,
  now: number,
): Pick<JobState, 'cancelRequestedAt' | 'cancelBy'> {
  if (change.event.type === 'retried') return { cancelRequestedAt: null, cancelBy: null }
  if (change.graceMs === undefined) return { cancelRequestedAt: record.cancelRequestedAt, cancelBy: record.cancelBy }
  return { cancelRequestedAt: record.cancelRequestedAt ?? now, cancelBy: now + change.graceMs }
}

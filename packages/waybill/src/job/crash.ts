// A job whose own process or thread ended under it. A loss like that of a worker, but known at once: nobody waits for a
// lease to run out. Pure.
import type { Change } from './change.ts'
import { leaseRanOut, type Random } from './decide.ts'
import { systemError, type JobError } from './errors.ts'
import type { JobRecord } from './record.ts'
import { errorData } from './timeline.ts'

/** How the process or thread of a job ended. */
export interface Crash {
  exitCode: number | null
  /** The signal that killed it, such as `SIGKILL`. */
  signal: string | null
  /** In words, for operators. */
  text: string
}

/** One loss, charged by the worker that still holds the job; cancel asked for → cancelled; too many → failed. */
export function crashed(job: JobRecord, fence: number, crash: Crash, ref: string, random: Random): Change {
  const begun = { ...job, fence, lease: job.lease && { ...job.lease, fence, held: false } }
  const { expect, set, event, ...change } = leaseRanOut(begun, ref, random)
  const { leaseExpired: _, ...stillOurs } = expect
  const error = crashError(crash, ref)
  const failed = set.error ? { error: { ...error, message: set.error.message, retryable: false } } : {}
  const told = event.type === 'cancelled' ? {} : { error: errorData(failed.error ?? error) }
  return {
    ...change,
    expect: stillOurs,
    set: { ...set, ...failed },
    event: { ...event, data: { ...event.data, ...told } },
  }
}

function crashError({ exitCode, signal, text }: Crash, ref: string): JobError {
  const inside = { name: 'worker_crashed', message: text, stack: null, cause: null, exit_code: exitCode, signal }
  return {
    ...systemError('worker_crashed', ref),
    message: 'The process of the job ended before the job did.',
    retryable: true,
    internal: inside,
  }
}

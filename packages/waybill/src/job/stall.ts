// A handler that says nothing for too long: its attempt ends as at the hard limit. Pure.
import type { Change } from './change.ts'
import { failed, type Random } from './decide.ts'
import { systemError } from './errors.ts'
import type { JobRecord } from './record.ts'

/** The no-progress limit passed: a timeout that says so, and counts as a fail. */
export function stalled(job: JobRecord, fence: number, stallMs: number, ref: string, random: Random): Change {
  const error = {
    ...systemError('timeout', ref, `no progress, log line or step for ${stallMs} ms (stallTimeout)`),
    message: 'The job made no progress for too long and was stopped.',
  }
  return failed(job, fence, error, random)
}

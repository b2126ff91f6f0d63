// What waiting for a job's result may throw.
import type { JobError } from './errors.ts'

/** The job ended as `failed`. */
export class JobFailed extends Error {
  readonly jobId: string
  readonly error: JobError | null

  constructor(jobId: string, error: JobError | null) {
    super(`job ${jobId} failed: ${error?.message ?? 'no reason is known'}`)
    this.name = 'JobFailed'
    this.jobId = jobId
    this.error = error
  }
}

/** The job ended as `cancelled`. */
export class JobCancelled extends Error {
  readonly jobId: string

  constructor(jobId: string, reason: string | null) {
    super(`job ${jobId} was cancelled${reason ? `: ${reason}` : ''}`)
    this.name = 'JobCancelled'
    this.jobId = jobId
  }
}

/** The job has not ended within the time given; it goes on. */
export class WaitTimeout extends Error {
  readonly jobId: string

  constructor(jobId: string, ms: number) {
    super(`job ${jobId} has not ended within ${ms} ms; it goes on`)
    this.name = 'WaitTimeout'
    this.jobId = jobId
  }
}

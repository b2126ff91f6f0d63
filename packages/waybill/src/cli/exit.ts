// How the command ends (contract §6), and the errors that say so.
import { WaybillClientError } from '../client/errors.ts'
import { WaybillError } from '../job/errors.ts'

export const exitCodes = {
  ok: 0,
  error: 1,
  usage: 2,
  jobFailed: 3,
  jobCancelled: 4,
  timedOut: 5,
  notFound: 6,
  auth: 7,
  unavailable: 8,
} as const

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]

/** The command line was wrong: what, and what to write instead. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

const byStatus: Record<number, ExitCode> = { 0: 8, 401: 7, 403: 7, 404: 6, 410: 6, 502: 8, 503: 8, 504: 8 }

/** The exit code of whatever was thrown. */
export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof UsageError) return exitCodes.usage
  // The API refuses what was asked: the flags were wrong, the network and the job were not.
  if (error instanceof WaybillClientError && error.status === 400) return exitCodes.usage
  if (error instanceof WaybillClientError && error.code === 'unknown_type') return exitCodes.error
  if (error instanceof WaybillClientError || error instanceof WaybillError)
    return byStatus[error.status] ?? exitCodes.error
  return exitCodes.error
}

/** The exit code of a job that has ended. */
export function exitCodeOfJob(status: string): ExitCode {
  if (status === 'failed') return exitCodes.jobFailed
  return status === 'cancelled' ? exitCodes.jobCancelled : exitCodes.ok
}

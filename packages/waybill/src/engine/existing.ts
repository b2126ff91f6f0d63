// A job that must be there: the errors for one that is not, or no longer.
import { WaybillError } from '../job/errors.ts'
import type { JobRecord } from '../job/record.ts'
import type { Tombstone } from './engine.ts'

/** Throws `not_found` or `job_expired`. */
export function existing(id: string, found: JobRecord | Tombstone | null): JobRecord {
  if (found === null) throw new WaybillError('not_found', `there is no job ${id}`)
  if ('gone' in found) throw removed(id)
  return found
}

export function removed(id: string): WaybillError {
  return new WaybillError('job_expired', `job ${id} has been removed after its retention`)
}

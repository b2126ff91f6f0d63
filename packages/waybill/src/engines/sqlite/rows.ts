// Records as rows. Columns are snake_case and readable with the sqlite3 shell.
import { jsonOrNull, stateColumns } from '../../engine/stored-rows.ts'
import type { JobRecord } from '../../job/record.ts'
import type { Value } from './db.ts'

export const statePlaces: string = stateColumns.replace(/\w+/g, '?')

export function stateValues(job: JobRecord): Value[] {
  return [
    job.status,
    job.rev,
    job.waitReason,
    job.fence,
    job.attempt,
    job.fails,
    job.losses,
    job.runAt,
    job.startedAt,
    job.updatedAt,
    job.completedAt,
    job.expiresAt,
    job.progress,
    job.progressMessage,
    job.stage,
    jsonOrNull(job.counts),
    job.cancelRequestedAt,
    job.cancelReason,
    job.cancelBy,
    jsonOrNull(job.result),
    jsonOrNull(job.error),
    jsonOrNull(job.children),
    job.hasSteps ? 1 : 0,
    job.input === undefined ? null : JSON.stringify(job.input),
  ]
}

/** Between two fresh jobs of a lane there is room for this many that come back. */
export const ticketStep: number = 2 ** 20

/** What is fixed at insert, as columns of `jobs` (without the input). */
export const specColumns: string =
  'id, type, queue, user_id, priority, created_at, title, subject, tags, metadata, policy, parent_id, batch_id, schedule_key, traceparent'

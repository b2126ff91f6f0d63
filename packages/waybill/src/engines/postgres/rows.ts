// Records as rows. Columns are snake_case and readable with psql.
import { jsonOrNull } from '../../engine/stored-rows.ts'
import type { JobRecord } from '../../job/record.ts'
import type { Row } from './db.ts'

/** The row of `live` or `done` that keeps the state of a record, as JSON for the server to take apart. */
export function stateRow(seq: number, job: JobRecord): Row {
  return {
    seq,
    status: job.status,
    rev: job.rev,
    wait_reason: job.waitReason,
    fence: job.fence,
    attempt: job.attempt,
    fails: job.fails,
    losses: job.losses,
    run_at: job.runAt,
    started_at: job.startedAt,
    updated_at: job.updatedAt,
    completed_at: job.completedAt,
    expires_at: job.expiresAt,
    progress: job.progress,
    progress_message: job.progressMessage,
    stage: job.stage,
    counts: jsonOrNull(job.counts),
    cancel_requested_at: job.cancelRequestedAt,
    cancel_reason: job.cancelReason,
    cancel_by: job.cancelBy,
    result: jsonOrNull(job.result),
    error: jsonOrNull(job.error),
    children: jsonOrNull(job.children),
    has_steps: job.hasSteps,
    input: job.input === undefined ? null : JSON.stringify(job.input),
  }
}

// The small event that travels when nothing but progress changed (contract §4.2).
import type { JobRecord } from '../job/record.ts'
import type { EstimateView, JobView } from './job-view.ts'
import { toWireTime } from './time.ts'

export type ProgressView = Pick<
  JobView,
  'job_id' | 'rev' | 'progress' | 'progress_message' | 'stage' | 'counts' | 'updated_at' | 'estimate'
>

export function progressView(job: JobRecord, estimate: EstimateView | null): ProgressView {
  return {
    job_id: job.id,
    rev: job.rev,
    progress: job.progress,
    progress_message: job.progressMessage,
    stage: job.stage,
    counts: job.counts,
    updated_at: toWireTime(job.updatedAt),
    ...(estimate ? { estimate } : {}),
  }
}

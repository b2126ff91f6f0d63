// Whether a record is of interest, by the same words that lists are filtered by.
import type { JobFilter } from '../engine/engine.ts'
import type { JobRecord } from '../job/record.ts'

export function matches(job: JobRecord, f: JobFilter): boolean {
  return (
    (f.userId === undefined || job.userId === f.userId) &&
    (f.status === undefined || f.status.includes(job.status)) &&
    (f.type === undefined || job.type === f.type) &&
    (f.queue === undefined || job.queue === f.queue) &&
    (f.subject === undefined || job.subject === f.subject) &&
    (f.tag === undefined || job.tags.includes(f.tag)) &&
    (f.batchId === undefined || job.batchId === f.batchId) &&
    (f.parentId === undefined || job.parentId === f.parentId) &&
    (f.scheduleKey === undefined || job.scheduleKey === f.scheduleKey)
  )
}

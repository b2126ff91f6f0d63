// What a follower wants to hear about: jobs by id, or all that fit a filter.
import type { JobFilter } from '../engine/engine.ts'
import type { JobRecord } from '../job/record.ts'

export type InterestFilter = Pick<JobFilter, 'userId' | 'queue' | 'type' | 'subject' | 'batchId'>

export type Interest = { ids: readonly string[] } | { filter: InterestFilter }

export function matches(job: JobRecord, { userId, queue, type, subject, batchId }: InterestFilter): boolean {
  return (
    (userId === undefined || job.userId === userId) &&
    (queue === undefined || job.queue === queue) &&
    (type === undefined || job.type === type) &&
    (subject === undefined || job.subject === subject) &&
    (batchId === undefined || job.batchId === batchId)
  )
}

/** Equal filters have equal keys, so that their followers share one read. */
export function filterKey({ userId, queue, type, subject, batchId }: InterestFilter): string {
  return JSON.stringify([userId, queue, type, subject, batchId].map((value) => (value === undefined ? [] : value)))
}

// Whether a record is among those that a filter names: the meaning of JobFilter, word for word.
import type { JobRecord } from '../../job/record.ts'
import type { JobFilter } from '../engine.ts'

export function matchesFilter(job: JobRecord, f: JobFilter): boolean {
  const same = <T>(wanted: T | undefined, is: T): boolean => wanted === undefined || wanted === is
  const text = f.text?.toLowerCase()
  return (
    same(f.userId, job.userId) &&
    same(f.type, job.type) &&
    same(f.queue, job.queue) &&
    same<string | null>(f.subject, job.subject) &&
    same<string | null>(f.batchId, job.batchId) &&
    same<string | null>(f.scheduleKey, job.scheduleKey) &&
    same<string | null>(f.parentId, job.parentId) &&
    (f.status === undefined || f.status.includes(job.status)) &&
    (f.tag === undefined || job.tags.includes(f.tag)) &&
    (f.createdAfter === undefined || job.createdAt > f.createdAfter) &&
    (f.createdBefore === undefined || job.createdAt < f.createdBefore) &&
    (f.updatedSince === undefined || job.updatedAt >= f.updatedSince) &&
    (text === undefined || `${job.title ?? ''} ${job.type} ${job.id}`.toLowerCase().includes(text))
  )
}

// Whether a record is among those that a filter names: the meaning of JobFilter, word for word.
import type { JobFilter } from './engine.ts'
import type { JobRecord } from '../job/record.ts'

export function matches(job: JobRecord, f: JobFilter): boolean {
  return (
    same(f.userId, job.userId) &&
    same(f.type, job.type) &&
    same(f.queue, job.queue) &&
    same(f.subject, job.subject) &&
    same(f.batchId, job.batchId) &&
    same(f.scheduleKey, job.scheduleKey) &&
    same(f.parentId, job.parentId) &&
    (f.status === undefined || f.status.includes(job.status)) &&
    (f.tag === undefined || job.tags.includes(f.tag)) &&
    (f.createdAfter === undefined || job.createdAt > f.createdAfter) &&
    (f.createdBefore === undefined || job.createdAt < f.createdBefore) &&
    (f.updatedSince === undefined || job.updatedAt >= f.updatedSince) &&
    (f.text === undefined || [job.title ?? '', job.type, job.id].some(holds(f.text)))
  )
}

function same(wanted: string | null | undefined, is: string | null): boolean {
  return wanted === undefined || wanted === is
}

function holds(text: string): (place: string) => boolean {
  const sought = text.toLowerCase()
  return (place) => place.toLowerCase().includes(sought)
}

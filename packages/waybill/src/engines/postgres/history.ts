// The history of a job as entries: written out for jobs with a past, implied by their rows for those that were claimed
// once and completed, or nothing more than that.
import { parsed } from '../../engine/stored-rows.ts'
import type { JobRecord } from '../../job/record.ts'
import { timelineTypes, type TimelineEntry } from '../../job/timeline.ts'
import type { JsonObject } from '../../lib/json.ts'

/** The entries that follow from the rows of a job without any written ones: created, claimed once, completed. */
export function impliedTimeline(record: JobRecord, endedBy: string | null): TimelineEntry[] {
  const entries: TimelineEntry[] = [{ seq: 1, at: record.createdAt, type: 'created', data: {} }]
  if (record.startedAt === null) return entries
  const worker = record.lease?.workerId ?? endedBy ?? ''
  entries.push({ seq: 2, at: record.startedAt, type: 'claimed', data: claimedData(record, worker) })
  if (record.status === 'completed') entries.push({ seq: 3, at: record.updatedAt, type: 'completed', data: {} })
  return entries
}

function claimedData({ attempt, fence }: JobRecord, workerId: string): JsonObject {
  return { attempt, fence, worker_id: workerId }
}

/** Entries from a JSON array of [rev, at, type, data as JSON text]. */
export function timelineFrom(json: string): TimelineEntry[] {
  const rows: [number, number, string, string][] = JSON.parse(json)
  return rows.map(([seq, at, name, data]) => {
    const type = timelineTypes.find((known) => known === name)
    if (!type)
      throw new Error(
        `PostgreSQL: the store holds the unknown timeline entry "${name}"; it was written by a newer version`,
      )
    return { seq, at, type, data: parsed<JsonObject>(data) ?? {} }
  })
}

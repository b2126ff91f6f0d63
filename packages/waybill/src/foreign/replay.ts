// Was this said before? The timeline tells how the attempt under a fence ended; the same word again gets the first answer.
import type { JobDetails } from '../engine/engine.ts'
import type { Status } from '../job/status.ts'
import type { TimelineEntry, TimelineType } from '../job/timeline.ts'
import { canonicalJson } from '../lib/json.ts'
import type { Word } from './word.ts'

/** How attempts end by their worker's word, and where that leaves the job. */
const ends: Partial<Record<TimelineType, Status>> = {
  completed: 'completed',
  failed: 'failed',
  retry_scheduled: 'scheduled',
  cancelled: 'cancelled',
  released: 'pending',
}

const meant: Record<Word['say'], TimelineType[]> = {
  complete: ['completed'],
  fail: ['failed', 'retry_scheduled', 'cancelled'],
  cancelled: ['cancelled'],
  release: ['released', 'cancelled'],
}

/** Null when the attempt did not end so, or not by its worker. */
export function saidBefore(
  { record, timeline = [] }: JobDetails,
  fence: number,
  word: Word,
): { rev: number; status: Status } | null {
  const end = endOf(timeline, fence)
  const status = end && ends[end.type]
  if (!end || !status || !meant[word.say].includes(end.type)) return null
  if (end.data['lost'] === true || end.data['timed_out'] === true) return null
  const differs = word.say === 'complete' && record.rev === end.seq && !isSame(record.result, word.result)
  return differs ? null : { rev: end.seq, status }
}

function endOf(timeline: TimelineEntry[], fence: number): TimelineEntry | null {
  const begun = timeline.findIndex(({ type, data }) => type === 'claimed' && data['fence'] === fence)
  if (begun < 0) return null
  return timeline.slice(begun + 1).find(({ type }) => type !== 'cancel_requested') ?? null
}

function isSame(a: Parameters<typeof canonicalJson>[0], b: Parameters<typeof canonicalJson>[0]): boolean {
  return canonicalJson(a) === canonicalJson(b)
}

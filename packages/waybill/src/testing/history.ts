// The states a job has had, in order, with their times: from its timeline.
import type { Engine } from '../engine/engine.ts'
import { isGone } from '../engine/engine.ts'
import type { Status } from '../job/status.ts'
import type { TimelineEntry, TimelineType } from '../job/timeline.ts'
import type { JsonObject } from '../lib/json.ts'

export interface HistoryEntry {
  /** What the job was from then on. */
  status: Status
  /** What had happened. */
  event: TimelineType
  /** Since the job was submitted. */
  afterMs: number
  at: Date
  /** What else the timeline says of it. */
  data: JsonObject
}

/** Null: it stays what it was. A job that comes back with a delay is told from the others by what follows (`due`). */
const leadsTo: Record<TimelineType, Status | null> = {
  created: 'pending',
  due: 'pending',
  claimed: 'processing',
  completed: 'completed',
  failed: 'failed',
  retry_scheduled: 'scheduled',
  released: 'pending',
  lost: 'pending',
  cancel_requested: null,
  cancelled: 'cancelled',
  retried: 'pending',
  expired: 'failed',
  slept: 'scheduled',
  waits: 'waiting',
  child_ended: null,
  resumed: 'pending',
  signalled: null,
  wait_over: null,
  debounced: null,
}

export async function historyOf(engine: Engine, id: string): Promise<HistoryEntry[]> {
  const [found = null] = await engine.get([id], { timeline: true })
  if (found === null) throw new Error(`history: there is no job ${id}`)
  if (isGone(found)) throw new Error(`history: job ${id} was removed after its retention`)
  const { timeline = [], record } = found
  let status: Status = 'pending'
  return timeline.map((entry, i) => {
    status = statusAfter(entry, timeline.slice(i + 1), status, record.status)
    const { type: event, at, data } = entry
    return { status, event, afterMs: at - record.createdAt, at: new Date(at), data }
  })
}

function statusAfter({ type }: TimelineEntry, rest: TimelineEntry[], before: Status, last: Status): Status {
  const next = rest.find((entry) => leadsTo[entry.type] !== null)
  if (!next) return last
  const status = leadsTo[type] ?? before
  return status === 'pending' && next.type === 'due' ? 'scheduled' : status
}

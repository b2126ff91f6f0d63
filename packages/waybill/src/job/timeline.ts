// What happened to a job, one entry a state move, and the attempts that follow from it. Pure.
import type { JsonObject } from '../lib/json.ts'
import type { JobError } from './errors.ts'

/** What may happen to a job, apart from progress. */
export const timelineTypes = [
  'created',
  'due',
  'claimed',
  'completed',
  'failed',
  'retry_scheduled',
  'released',
  'lost',
  'cancel_requested',
  'cancelled',
  'retried',
  'expired',
  'slept',
  'waits',
  'child_ended',
  'resumed',
  'signalled',
  'wait_over',
  'debounced',
] as const
export type TimelineType = (typeof timelineTypes)[number]

export interface TimelineEntry {
  /** The rev that the move produced; entries are ordered by it. */
  seq: number
  at: number
  type: TimelineType
  data: JsonObject
}

export type AttemptStatus =
  | 'running'
  | 'completed'
  | 'failed'
  | 'timed_out'
  | 'lost'
  | 'released'
  | 'cancelled'
  | 'suspended'

export interface Attempt {
  n: number
  fence: number
  workerId: string
  status: AttemptStatus
  startedAt: number
  endedAt: number | null
  error: JsonObject | null
}

const closes: Partial<Record<TimelineType, AttemptStatus>> = {
  completed: 'completed',
  failed: 'failed',
  retry_scheduled: 'failed',
  released: 'released',
  lost: 'lost',
  expired: 'released',
  cancelled: 'cancelled',
  slept: 'suspended',
  waits: 'suspended',
}

/** The attempts that a timeline tells of: each `claimed` opens one, the next closing entry ends it. */
export function attemptsOf(timeline: TimelineEntry[]): Attempt[] {
  const attempts: Attempt[] = []
  let open: Attempt | null = null
  for (const entry of timeline) {
    if (entry.type === 'claimed') attempts.push((open = opened(entry)))
    else if (open) open = closedBy(open, entry)
  }
  return attempts
}

function opened({ data, at }: TimelineEntry): Attempt {
  return {
    n: Number(data['attempt']),
    fence: Number(data['fence']),
    workerId: typeof data['worker_id'] === 'string' ? data['worker_id'] : '',
    status: 'running',
    startedAt: at,
    endedAt: null,
    error: null,
  }
}

// Returns what is still open after the entry. A crash counted as final ("lost" with an end) closes like any loss.
function closedBy(open: Attempt, { type, at, data }: TimelineEntry): Attempt | null {
  const status = closes[type]
  if (!status) return open
  const error = data['error']
  open.status = data['timed_out'] === true ? 'timed_out' : data['lost'] === true ? 'lost' : status
  open.endedAt = at
  if (typeof error === 'object' && error !== null && !Array.isArray(error)) open.error = error
  return null
}

/** What a timeline entry keeps of an error. `internal` is for operators: the wire layer leaves it out for owners. */
export function errorData(error: JobError): JsonObject {
  return {
    code: error.code,
    message: error.message,
    retryable: error.retryable,
    ref: error.ref,
    internal: insideOf(error),
  }
}

function insideOf({ internal }: JobError): JsonObject | null {
  if (!internal) return null
  const { name, message, exit_code, signal } = internal
  return {
    name,
    message,
    ...(exit_code === undefined ? {} : { exit_code }),
    ...(signal === undefined ? {} : { signal }),
  }
}

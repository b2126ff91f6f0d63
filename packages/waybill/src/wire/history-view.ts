// Attempts, timeline, steps and log lines as people see them (contract §3). Owners see no error's inside.
import type { JsonObject } from '../lib/json.ts'
import type { LogLine, Step } from '../job/record.ts'
import { attemptsOf, type Attempt, type TimelineEntry } from '../job/timeline.ts'
import { toWireTime, toWireTimeOrNull } from './time.ts'

export interface AttemptView {
  n: number
  fence: number
  worker_id: string
  status: Attempt['status']
  started_at: string
  ended_at: string | null
  duration_ms: number | null
  error: JsonObject | null
}

export interface TimelineView {
  seq: number
  at: string
  type: TimelineEntry['type']
  data: JsonObject
}

export interface StepView {
  key: string
  status: Step['status']
  attempt: number
  started_at: string
  ended_at: string
}

export interface LogView {
  seq: number
  at: string
  level: LogLine['level']
  message: string
  fields: JsonObject | null
  attempt: number
  audience: LogLine['audience']
}

export function attemptViews(timeline: TimelineEntry[], operator: boolean): AttemptView[] {
  return attemptsOf(timeline).map((a) => ({
    n: a.n,
    fence: a.fence,
    worker_id: a.workerId,
    status: a.status,
    started_at: toWireTime(a.startedAt),
    ended_at: toWireTimeOrNull(a.endedAt),
    duration_ms: a.endedAt === null ? null : a.endedAt - a.startedAt,
    error: a.error && (operator ? a.error : withoutInside(a.error)),
  }))
}

export function timelineViews(timeline: TimelineEntry[], operator: boolean): TimelineView[] {
  return timeline.map(({ seq, at, type, data }) => ({
    seq,
    at: toWireTime(at),
    type,
    data: operator ? data : ownerData(data),
  }))
}

export function stepViews(steps: Step[]): StepView[] {
  return steps.map((s) => ({
    key: s.key,
    status: s.status,
    attempt: s.attempt,
    started_at: toWireTime(s.startedAt),
    ended_at: toWireTime(s.endedAt),
  }))
}

export function logViews(lines: LogLine[]): LogView[] {
  return lines.map((line) => ({ ...line, at: toWireTime(line.at) }))
}

function ownerData(data: JsonObject): JsonObject {
  const error = data['error']
  return typeof error === 'object' && error !== null && !Array.isArray(error)
    ? { ...data, error: withoutInside(error) }
    : data
}

function withoutInside({ internal: _, ...shown }: JsonObject): JsonObject {
  return shown
}

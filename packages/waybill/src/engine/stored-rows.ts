// Rows of the SQL engines as records: columns are snake_case, JSON is kept as text, numbers come as numbers.
import type { JobError } from '../job/errors.ts'
import type { ChildCounts, Counts, JobRecord, JobState } from '../job/record.ts'
import { isStatus, waitReasons, type Status, type WaitReason } from '../job/status.ts'
import type { Json, JsonObject } from '../lib/json.ts'
import { decodePolicy } from './stored-policy.ts'

/** A row as a driver gives it. */
type Row = Readonly<Record<string, unknown>>

/** What is fixed at insert. */
export type Fixed = Omit<JobRecord, keyof JobState | 'lease' | 'input'>

/** The columns that `live` and `done` have in common. */
export const stateColumns: string =
  'status, rev, wait_reason, fence, attempt, fails, losses, run_at, started_at, updated_at, completed_at, expires_at, ' +
  'progress, progress_message, stage, counts, cancel_requested_at, cancel_reason, cancel_by, result, error, children, has_steps, input'

export function fixedPart(row: Row): Fixed {
  return {
    ...plainPart(row),
    title: textOrNull(row['title']),
    subject: textOrNull(row['subject']),
    tags: parsed<string[]>(row['tags']) ?? [],
    metadata: parsed<JsonObject>(row['metadata']) ?? {},
    parentId: textOrNull(row['parent_id']),
    batchId: textOrNull(row['batch_id']),
    scheduleKey: textOrNull(row['schedule_key']),
    traceparent: textOrNull(row['traceparent']),
  }
}

const noTags: string[] = []
const noMetadata: JsonObject = {}

/** `fixedPart` of a row that bears none of the rarer members. */
export function plainPart(row: Row): Fixed {
  return {
    id: text(row['id']),
    type: text(row['type']),
    queue: text(row['queue']),
    userId: textOrNull(row['user_id']),
    priority: Number(row['priority']),
    createdAt: Number(row['created_at']),
    title: null,
    subject: null,
    tags: noTags,
    metadata: noMetadata,
    policy: decodePolicy(row['policy']),
    parentId: null,
    batchId: null,
    scheduleKey: null,
    traceparent: null,
  }
}

/** The record that a row of `live` or `done` tells of. */
export function withState(fixed: Fixed, row: Row): JobRecord {
  return {
    ...fixed,
    rev: Number(row['rev']),
    status: statusOf(row['status']),
    waitReason: reasonOf(row['wait_reason']),
    fence: Number(row['fence']),
    attempt: Number(row['attempt']),
    fails: Number(row['fails']),
    losses: Number(row['losses']),
    runAt: numberOrNull(row['run_at']) ?? fixed.createdAt,
    startedAt: numberOrNull(row['started_at']),
    updatedAt: Number(row['updated_at']),
    completedAt: numberOrNull(row['completed_at']),
    expiresAt: numberOrNull(row['expires_at']),
    progress: numberOrNull(row['progress']),
    progressMessage: textOrNull(row['progress_message']),
    stage: textOrNull(row['stage']),
    counts: parsed<Counts>(row['counts']),
    cancelRequestedAt: numberOrNull(row['cancel_requested_at']),
    cancelReason: textOrNull(row['cancel_reason']),
    cancelBy: numberOrNull(row['cancel_by']),
    result: parsed<Json>(row['result']),
    error: parsed<JobError>(row['error']),
    hasSteps: row['has_steps'] === true || row['has_steps'] === 1,
    children: parsed<ChildCounts>(row['children']),
    lease: null,
    ...(typeof row['input'] === 'string' ? { input: JSON.parse(row['input']) } : {}),
  }
}

export function text(value: unknown): string {
  if (typeof value === 'string') return value
  throw new Error(`the store holds no text where one was expected, but ${typeof value}`)
}

export function textOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}

export function numberOrNull(value: unknown): number | null {
  return typeof value === 'number' ? value : null
}

export function jsonOrNull(value: unknown): string | null {
  return value === null || value === undefined ? null : JSON.stringify(value)
}

/** The JSON of a column that this engine wrote itself; null when the column is. */
export function parsed<T>(value: unknown): T | null {
  if (typeof value !== 'string') return null
  const it: T = JSON.parse(value)
  return it
}

function statusOf(value: unknown): Status {
  const status = text(value)
  if (isStatus(status)) return status
  throw new Error(`the store holds the unknown status "${status}"; it was written by a newer version`)
}

function reasonOf(value: unknown): WaitReason | null {
  return waitReasons.find((reason) => reason === value) ?? null
}

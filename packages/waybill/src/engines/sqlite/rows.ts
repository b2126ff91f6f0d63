// Rows ↔ records. Columns are snake_case and readable with the sqlite3 shell; only this file knows both sides.
import type { JobError } from '../../job/errors.ts'
import { defaultPolicy } from '../../job/policy.ts'
import type { ChildCounts, Counts, JobPolicy, JobRecord, JobState, Lease } from '../../job/record.ts'
import { isStatus, waitReasons, type Status, type WaitReason } from '../../job/status.ts'
import type { Json, JsonObject } from '../../lib/json.ts'
import type { Row, Value } from './db.ts'

/** The columns of `live` that `done` has too, in the order of `stateValues`. */
export const stateColumns: string =
  'status, rev, wait_reason, fence, attempt, fails, losses, run_at, started_at, updated_at, completed_at, expires_at, ' +
  'progress, progress_message, stage, counts, cancel_requested_at, cancel_reason, cancel_by, result, error, children, has_steps, input'

export const statePlaces: string = stateColumns.replace(/\w+/g, '?')

export function stateValues(job: JobRecord): Value[] {
  return [
    job.status,
    job.rev,
    job.waitReason,
    job.fence,
    job.attempt,
    job.fails,
    job.losses,
    job.runAt,
    job.startedAt,
    job.updatedAt,
    job.completedAt,
    job.expiresAt,
    job.progress,
    job.progressMessage,
    job.stage,
    jsonOrNull(job.counts),
    job.cancelRequestedAt,
    job.cancelReason,
    job.cancelBy,
    jsonOrNull(job.result),
    jsonOrNull(job.error),
    jsonOrNull(job.children),
    job.hasSteps ? 1 : 0,
    job.input === undefined ? null : JSON.stringify(job.input),
  ]
}

/** Between two fresh jobs of a lane there is room for this many that come back. */
export const ticketStep: number = 2 ** 20

/** What is fixed at insert, as columns of `jobs` (without the input). */
export const specColumns: string =
  'id, type, queue, user_id, priority, created_at, title, subject, tags, metadata, policy, parent_id, batch_id, schedule_key, traceparent'

export type Fixed = Omit<JobRecord, keyof JobState | 'lease' | 'input'>

export function fixedPart(row: Row): Fixed {
  return {
    id: text(row['id']),
    type: text(row['type']),
    queue: text(row['queue']),
    userId: textOrNull(row['user_id']),
    priority: Number(row['priority']),
    createdAt: Number(row['created_at']),
    title: textOrNull(row['title']),
    subject: textOrNull(row['subject']),
    tags: parsed<string[]>(row['tags']) ?? [],
    metadata: parsed<JsonObject>(row['metadata']) ?? {},
    policy: decodePolicy(row['policy']),
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

/** A job that nothing has happened to: pending, rev 1. */
export function freshRecord(fixed: Fixed): JobRecord {
  return {
    ...fixed,
    rev: 1,
    status: 'pending',
    waitReason: null,
    fence: 0,
    attempt: 0,
    fails: 0,
    losses: 0,
    runAt: fixed.createdAt,
    startedAt: null,
    updatedAt: fixed.createdAt,
    completedAt: null,
    expiresAt: null,
    progress: null,
    progressMessage: null,
    stage: null,
    counts: null,
    cancelRequestedAt: null,
    cancelReason: null,
    cancelBy: null,
    result: null,
    error: null,
    hasSteps: false,
    children: null,
    lease: null,
  }
}

/** The record that a row of `live` or `done` tells of. */
export function withState(fixed: Fixed, row: Row): JobRecord {
  return {
    ...fixed,
    rev: Number(row['rev']),
    status: statusOf(row['status']),
    waitReason: parsedReason(row['wait_reason']),
    fence: Number(row['fence']),
    attempt: Number(row['attempt']),
    fails: Number(row['fails']),
    losses: Number(row['losses']),
    runAt: Number(row['run_at']),
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
    hasSteps: row['has_steps'] === 1,
    children: parsed<ChildCounts>(row['children']),
    lease: null,
    ...(typeof row['input'] === 'string' ? { input: JSON.parse(row['input']) } : {}),
  }
}

/** A fresh job once it is claimed: what the lease alone tells. Spelled out, since it is made for every job that runs. */
export function claimedFresh(fixed: Fixed, lease: Lease, at: number): JobRecord {
  return {
    id: fixed.id,
    type: fixed.type,
    queue: fixed.queue,
    userId: fixed.userId,
    priority: fixed.priority,
    createdAt: fixed.createdAt,
    title: fixed.title,
    subject: fixed.subject,
    tags: fixed.tags,
    metadata: fixed.metadata,
    policy: fixed.policy,
    parentId: fixed.parentId,
    batchId: fixed.batchId,
    scheduleKey: fixed.scheduleKey,
    traceparent: fixed.traceparent,
    rev: 2,
    status: 'processing',
    waitReason: null,
    fence: lease.fence,
    attempt: 1,
    fails: 0,
    losses: 0,
    runAt: fixed.createdAt,
    startedAt: at,
    updatedAt: at,
    completedAt: null,
    expiresAt: null,
    progress: null,
    progressMessage: null,
    stage: null,
    counts: null,
    cancelRequestedAt: null,
    cancelReason: null,
    cancelBy: null,
    result: null,
    error: null,
    hasSteps: false,
    children: null,
    lease,
  }
}

// Policies are few and shared by thousands of jobs: each is encoded and decoded once.
const encoded = new WeakMap<JobPolicy, string | null>()
const decoded = new Map<string, JobPolicy>()
const decodedMost = 1_000

/** Null when it is the default in every member. */
export function encodePolicy(policy: JobPolicy): string | null {
  const known = encoded.get(policy)
  if (known !== undefined) return known
  const json = policyJson(policy)
  const answer = json === policyJson(defaultPolicy) ? null : json
  encoded.set(policy, answer)
  return answer
}

function policyJson({ retry, ...rest }: JobPolicy): string {
  return JSON.stringify({
    max_attempts: retry.maxAttempts,
    backoff_ms: retry.backoffMs,
    factor: retry.factor,
    max_ms: retry.maxMs,
    jitter: retry.jitter,
    timeout_ms: rest.timeoutMs,
    soft_timeout_ms: rest.softTimeoutMs,
    retention_ms: rest.retentionMs,
    retention_failed_ms: rest.retentionFailedMs,
    start_within_ms: rest.startWithinMs,
  })
}

function decodePolicy(json: unknown): JobPolicy {
  if (typeof json !== 'string') return defaultPolicy
  const known = decoded.get(json)
  if (known) return known
  const members: Record<string, number | null> = JSON.parse(json)
  const policy = policyOf(members)
  if (decoded.size >= decodedMost) decoded.clear()
  decoded.set(json, policy)
  return policy
}

function policyOf(p: Record<string, number | null>): JobPolicy {
  const number = (key: string): number => Number(p[key])
  return {
    retry: {
      maxAttempts: number('max_attempts'),
      backoffMs: number('backoff_ms'),
      factor: number('factor'),
      maxMs: number('max_ms'),
      jitter: number('jitter'),
    },
    timeoutMs: number('timeout_ms'),
    softTimeoutMs: number('soft_timeout_ms'),
    retentionMs: number('retention_ms'),
    retentionFailedMs: number('retention_failed_ms'),
    startWithinMs: p['start_within_ms'] ?? null,
  }
}

export function text(value: unknown): string {
  if (typeof value === 'string') return value
  throw new Error(`SQLite: a text was expected in the file, found ${typeof value}`)
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
  throw new Error(`SQLite: the file holds the unknown status "${status}"; it was written by a newer version`)
}

function parsedReason(value: unknown): WaitReason | null {
  return waitReasons.find((reason) => reason === value) ?? null
}

// A job's record ↔ the JSON that the accelerator keeps of it under `job_status:{job_id}`: snake_case members and RFC 3339
// times, to be read with redis-cli. Whoever can write to that Redis can write anything there: what comes back is checked
// whole, and what is not sound is as if it were not there.
//
//   {"seen_at":"…Z","store":"…","created_at":"…Z","rev":7,  ◀── the head: of fixed order, for lua/forward.lua
//    "job_id":"…","status":"processing","progress":0.4, …}
import { z } from 'zod'
import { decodePolicy, encodePolicy } from '../engine/stored-policy.ts'
import type { JobRecord } from '../job/record.ts'
import { statuses, waitReasons } from '../job/status.ts'
import { isObject, type Json, type JsonObject } from '../lib/json.ts'
import { toWireTime, toWireTimeOrNull } from '../wire/time.ts'

/** Longer ones are not kept. */
const longest = 64 * 1024

const timeSchema = z.iso.datetime({ precision: 3 }).transform((text) => Date.parse(text))
const time = timeSchema
const timeOrNull = timeSchema.nullable()
const text = z.string().nullable()
const number = z.number()
const numberOrNull = z.number().nullable()
// What has been parsed from JSON is JSON: no need to look at every member.
const json = z.custom<Json>((value) => value !== undefined)
const jsonObject = z.custom<JsonObject>(isObject)

// As engines keep it (engine/stored-policy.ts); null: the default in every member.
const policySchema = z
  .object({
    max_attempts: number,
    backoff_ms: number,
    factor: number,
    max_ms: number,
    jitter: number,
    timeout_ms: number,
    soft_timeout_ms: number,
    retention_ms: number,
    retention_failed_ms: number,
    start_within_ms: numberOrNull,
    max_losses: number.optional(),
  })
  .nullable()
type PolicyMembers = z.infer<typeof policySchema>

const leaseSchema = z
  .object({
    worker_id: z.string(),
    fence: number,
    started_at: time,
    expires_at: time,
    heartbeat_at: time,
    held: z.boolean(),
  })
  .transform((l) => ({
    workerId: l.worker_id,
    fence: l.fence,
    startedAt: l.started_at,
    expiresAt: l.expires_at,
    heartbeatAt: l.heartbeat_at,
    held: l.held,
  }))

const internalSchema = z.object({ name: z.string(), message: z.string(), stack: text, cause: text })
const errorSchema = z.object({
  code: z.string(),
  message: z.string(),
  retryable: z.boolean(),
  ref: z.string(),
  internal: internalSchema.nullable(),
})
const countsSchema = z.object({ done: number, total: numberOrNull, unit: text })
const childrenSchema = z.object({ total: number, completed: number, failed: number, cancelled: number, active: number })

const entrySchema = z.object({
  seen_at: time,
  store: z.string(),
  created_at: time,
  rev: z.int(),
  job_id: z.string(),
  status: z.enum(statuses),
  progress: numberOrNull,
  progress_message: text,
  stage: text,
  counts: countsSchema.nullable(),
  wait_reason: z.enum(waitReasons).nullable(),
  type: z.string(),
  queue: z.string(),
  user_id: text,
  priority: number,
  title: text,
  subject: text,
  tags: z.array(z.string()),
  metadata: jsonObject,
  parent_id: text,
  batch_id: text,
  schedule_key: text,
  traceparent: text,
  attempt: number,
  fails: number,
  losses: number,
  fence: number,
  has_steps: z.boolean(),
  run_at: time,
  started_at: timeOrNull,
  updated_at: time,
  completed_at: timeOrNull,
  expires_at: timeOrNull,
  cancel_requested_at: timeOrNull,
  cancel_reason: text,
  cancel_by: timeOrNull,
  result: json,
  error: errorSchema.nullable(),
  children: childrenSchema.nullable(),
  policy: policySchema,
  lease: leaseSchema.nullable(),
})
type Entry = z.input<typeof entrySchema>

export interface Kept {
  /** Of Redis' clock: the record was the truth then or later. */
  seenAt: number
  /** Which store it is of: several may share one Redis. */
  store: string
  record: JobRecord
}

/** Null for what is too long to keep. */
export function encode({ seenAt, store, record }: Kept): string | null {
  const value = JSON.stringify(entryOf(seenAt, store, record))
  return value.length <= longest ? value : null
}

/** Null for what is no sound entry. */
export function decode(value: string): Kept | null {
  const parsed = entrySchema.safeParse(parsedJson(value))
  if (!parsed.success) return null
  const e = parsed.data
  return { seenAt: e.seen_at, store: e.store, record: recordOf(e) }
}

function parsedJson(value: string): unknown {
  try {
    return JSON.parse(value)
  } catch {
    return null // torn, or somebody else's
  }
}

function entryOf(seenAt: number, store: string, job: JobRecord): Entry {
  return {
    seen_at: toWireTime(seenAt),
    store,
    created_at: toWireTime(job.createdAt),
    rev: job.rev,
    job_id: job.id,
    status: job.status,
    progress: job.progress,
    progress_message: job.progressMessage,
    stage: job.stage,
    counts: job.counts,
    wait_reason: job.waitReason,
    type: job.type,
    queue: job.queue,
    user_id: job.userId,
    priority: job.priority,
    title: job.title,
    subject: job.subject,
    tags: job.tags,
    metadata: job.metadata,
    parent_id: job.parentId,
    batch_id: job.batchId,
    schedule_key: job.scheduleKey,
    traceparent: job.traceparent,
    attempt: job.attempt,
    fails: job.fails,
    losses: job.losses,
    fence: job.fence,
    has_steps: job.hasSteps,
    run_at: toWireTime(job.runAt),
    started_at: toWireTimeOrNull(job.startedAt),
    updated_at: toWireTime(job.updatedAt),
    completed_at: toWireTimeOrNull(job.completedAt),
    expires_at: toWireTimeOrNull(job.expiresAt),
    cancel_requested_at: toWireTimeOrNull(job.cancelRequestedAt),
    cancel_reason: job.cancelReason,
    cancel_by: toWireTimeOrNull(job.cancelBy),
    result: job.result,
    error: job.error,
    children: job.children,
    policy: policyMembers(job),
    lease: leaseMembers(job),
  }
}

function policyMembers({ policy }: JobRecord): PolicyMembers {
  const members: PolicyMembers = JSON.parse(encodePolicy(policy) ?? 'null')
  return members
}

function leaseMembers({ lease }: JobRecord): Entry['lease'] {
  return (
    lease && {
      worker_id: lease.workerId,
      fence: lease.fence,
      started_at: toWireTime(lease.startedAt),
      expires_at: toWireTime(lease.expiresAt),
      heartbeat_at: toWireTime(lease.heartbeatAt),
      held: lease.held,
    }
  )
}

function recordOf(e: z.output<typeof entrySchema>): JobRecord {
  return {
    id: e.job_id,
    type: e.type,
    queue: e.queue,
    userId: e.user_id,
    priority: e.priority,
    title: e.title,
    subject: e.subject,
    tags: e.tags,
    metadata: e.metadata,
    policy: decodePolicy(e.policy && JSON.stringify(e.policy)),
    parentId: e.parent_id,
    batchId: e.batch_id,
    scheduleKey: e.schedule_key,
    traceparent: e.traceparent,
    createdAt: e.created_at,
    rev: e.rev,
    status: e.status,
    waitReason: e.wait_reason,
    fence: e.fence,
    attempt: e.attempt,
    fails: e.fails,
    losses: e.losses,
    runAt: e.run_at,
    startedAt: e.started_at,
    updatedAt: e.updated_at,
    completedAt: e.completed_at,
    expiresAt: e.expires_at,
    progress: e.progress,
    progressMessage: e.progress_message,
    stage: e.stage,
    counts: e.counts,
    cancelRequestedAt: e.cancel_requested_at,
    cancelReason: e.cancel_reason,
    cancelBy: e.cancel_by,
    result: e.result,
    error: e.error,
    children: e.children,
    hasSteps: e.has_steps,
    lease: e.lease,
  }
}

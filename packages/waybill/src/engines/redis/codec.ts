// Records ↔ the three lines that Redis keeps of a job: `state`, `spec`, `input`, each compact JSON with snake_case members,
// readable with redis-cli. What equals its default is left out. Only this file knows both sides.
import { decodePolicy, encodePolicy } from '../../engine/stored-policy.ts'
import type { JobError } from '../../job/errors.ts'
import { defaultPolicy } from '../../job/policy.ts'
import type { ChildCounts, Counts, JobRecord, JobSpec, JobState, Lease } from '../../job/record.ts'
import { isStatus, waitReasons, type Status } from '../../job/status.ts'
import type { Json, JsonObject } from '../../lib/json.ts'

type Members = Record<string, unknown>

/** The first line. The members that scripts look for stand before all that a user can write. */
export function stateLine(job: JobRecord): string {
  const completed = job.status === 'completed'
  const members: Members = { status: job.status, rev: job.rev }
  put(members, 'fence', job.fence, 0)
  put(members, 'attempt', job.attempt, 0)
  put(members, 'fails', job.fails, 0)
  put(members, 'losses', job.losses, 0)
  put(members, 'run_at', job.runAt, job.createdAt)
  put(members, 'started_at', job.startedAt, null)
  put(members, 'completed_at', job.completedAt, null)
  put(members, 'expires_at', job.expiresAt, null)
  put(members, 'updated_at', job.updatedAt, job.completedAt ?? job.createdAt)
  put(members, 'cancel_requested_at', job.cancelRequestedAt, null)
  put(members, 'cancel_by', job.cancelBy, null)
  put(members, 'has_steps', job.hasSteps, false)
  put(members, 'wait_reason', job.waitReason, null)
  put(members, 'progress', job.progress, completed ? 1 : null)
  put(members, 'progress_message', job.progressMessage, null)
  put(members, 'stage', job.stage, null)
  put(members, 'counts', job.counts, null)
  put(members, 'cancel_reason', job.cancelReason, null)
  put(members, 'children', job.children, null)
  put(members, 'error', job.error, null)
  put(members, 'result', job.result, null)
  return JSON.stringify(members)
}

function put(members: Members, name: string, value: unknown, usual: unknown): void {
  if (value !== usual) members[name] = value
}

/** The second line but for its beginning, `{"n":…,"created_at":…,`, which the engine's clock and count decide. */
export function specRest(spec: Omit<JobSpec, 'createdAt'>): string {
  const members: Members = { queue: spec.queue, type: spec.type }
  put(members, 'user_id', spec.userId, null)
  put(members, 'priority', spec.priority, 5)
  put(members, 'title', spec.title, null)
  put(members, 'subject', spec.subject, null)
  if (spec.tags.length > 0) members['tags'] = spec.tags
  if (Object.keys(spec.metadata).length > 0) members['metadata'] = spec.metadata
  put(members, 'parent_id', spec.parentId, null)
  put(members, 'batch_id', spec.batchId, null)
  put(members, 'schedule_key', spec.scheduleKey, null)
  put(members, 'traceparent', spec.traceparent, null)
  const rest = JSON.stringify(members).slice(1)
  const policy = encodePolicy(spec.policy)
  return policy === null ? rest : `"policy":${policy},${rest}`
}

export interface Lines {
  state: string
  spec: string
  input: string
}

export function linesOf(record: string): Lines {
  const first = record.indexOf('\n')
  const second = record.indexOf('\n', first + 1)
  return { state: record.slice(0, first), spec: record.slice(first + 1, second), input: record.slice(second + 1) }
}

const freshState = '{"status":"pending","rev":1}'

/** A job that was never anything but pending, as far as its record tells. */
export function isFresh({ state }: Lines): boolean {
  return state === freshState
}

interface SpecMembers {
  n: number
  created_at: number
  queue: string
  type: string
  user_id?: string
  priority?: number
  title?: string
  subject?: string
  tags?: string[]
  metadata?: JsonObject
  policy?: Record<string, number | null>
  parent_id?: string
  batch_id?: string
  schedule_key?: string
  traceparent?: string
}

const noTags: string[] = []
const noMetadata: JsonObject = {}

export interface Fixed {
  spec: JobSpec
  /** Its place in the order of inserts. */
  n: number
}

export function fixedPart(id: string, line: string): Fixed {
  const m: SpecMembers = JSON.parse(line)
  const spec: JobSpec = {
    id,
    type: m.type,
    queue: m.queue,
    userId: m.user_id ?? null,
    priority: m.priority ?? 5,
    title: m.title ?? null,
    subject: m.subject ?? null,
    tags: m.tags ?? noTags,
    metadata: m.metadata ?? noMetadata,
    policy: m.policy ? decodePolicy(JSON.stringify(m.policy)) : defaultPolicy,
    parentId: m.parent_id ?? null,
    batchId: m.batch_id ?? null,
    scheduleKey: m.schedule_key ?? null,
    traceparent: m.traceparent ?? null,
    createdAt: m.created_at,
  }
  return { spec, n: m.n }
}

interface StateMembers {
  status: string
  rev: number
  fence?: number
  attempt?: number
  fails?: number
  losses?: number
  run_at?: number
  started_at?: number
  completed_at?: number
  expires_at?: number
  updated_at?: number
  cancel_requested_at?: number
  cancel_by?: number
  has_steps?: boolean
  wait_reason?: string
  progress?: number | null
  progress_message?: string
  stage?: string
  counts?: Counts
  cancel_reason?: string
  children?: ChildCounts
  error?: JobError
  result?: Json
  worker_id?: string
}

export interface Parsed {
  record: JobRecord
  /** Who ran a job that took the short path; null for all others. */
  workerId: string | null
}

/** The record as the lines tell it; a lease is not among what they know. */
export function recordOf(spec: JobSpec, line: string): Parsed {
  const m: StateMembers = JSON.parse(line)
  const status = statusOf(m.status)
  const state: JobState = {
    rev: m.rev,
    status,
    waitReason: waitReasons.find((reason) => reason === m.wait_reason) ?? null,
    fence: m.fence ?? 0,
    attempt: m.attempt ?? 0,
    fails: m.fails ?? 0,
    losses: m.losses ?? 0,
    runAt: m.run_at ?? spec.createdAt,
    startedAt: m.started_at ?? null,
    updatedAt: m.updated_at ?? m.completed_at ?? spec.createdAt,
    completedAt: m.completed_at ?? null,
    expiresAt: m.expires_at ?? null,
    progress: m.progress === undefined ? (status === 'completed' ? 1 : null) : m.progress,
    progressMessage: m.progress_message ?? null,
    stage: m.stage ?? null,
    counts: m.counts ?? null,
    cancelRequestedAt: m.cancel_requested_at ?? null,
    cancelReason: m.cancel_reason ?? null,
    cancelBy: m.cancel_by ?? null,
    result: m.result ?? null,
    error: m.error ?? null,
    children: m.children ?? null,
    hasSteps: m.has_steps ?? false,
  }
  return { record: { ...spec, ...state, lease: null }, workerId: m.worker_id ?? null }
}

function statusOf(value: string): Status {
  if (isStatus(value)) return value
  throw new Error(`Redis: the store holds the unknown status "${value}"; it was written by a newer version`)
}

/** A claim does not write the job: that it runs, in its next attempt, follows from the lease. */
export function underLease(stored: JobRecord, lease: Lease | null): JobRecord {
  if (!lease) return stored
  if (stored.status === 'processing') return { ...stored, lease }
  return {
    ...stored,
    rev: stored.rev + 1,
    status: 'processing',
    waitReason: null,
    fence: lease.fence,
    attempt: stored.attempt + 1,
    startedAt: lease.startedAt,
    updatedAt: lease.startedAt,
    lease,
  }
}

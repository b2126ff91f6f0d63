// The two states that follow from a job's spec alone, and for an engine need not be written: never anything but pending,
// and in its first attempt. Spelled out member by member, since they are made for every job that runs.
import type { JobRecord, JobSpec, Lease } from './record.ts'

/** A job that nothing has happened to: pending, rev 1. */
export function freshRecord(spec: JobSpec): JobRecord {
  return { ...claimedFresh(spec, null, spec.createdAt), rev: 1, status: 'pending', attempt: 0, startedAt: null }
}

/** A fresh job once it is claimed at `at`: what the lease alone tells. */
export function claimedFresh(spec: JobSpec, lease: Lease | null, at: number): JobRecord {
  return {
    id: spec.id,
    type: spec.type,
    queue: spec.queue,
    userId: spec.userId,
    priority: spec.priority,
    createdAt: spec.createdAt,
    title: spec.title,
    subject: spec.subject,
    tags: spec.tags,
    metadata: spec.metadata,
    policy: spec.policy,
    parentId: spec.parentId,
    batchId: spec.batchId,
    scheduleKey: spec.scheduleKey,
    traceparent: spec.traceparent,
    rev: 2,
    status: 'processing',
    waitReason: null,
    fence: lease?.fence ?? 0,
    attempt: 1,
    fails: 0,
    losses: 0,
    runAt: spec.createdAt,
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

// A job's record for the tests of the pure rules: leased, running its first attempt, seen at `now`.
import { defaultPolicy } from './policy.ts'
import type { JobRecord, Lease } from './record.ts'

/** The instant at which these tests live. */
export const now = 1_000_000

/** A lease that ran out a moment ago. */
export function aLease(members: Partial<Lease> = {}): Lease {
  const started = now - 500
  return {
    workerId: 'w',
    fence: 7,
    startedAt: started,
    expiresAt: now - 1,
    heartbeatAt: started,
    held: false,
    ...members,
  }
}

export function aRecord(members: Partial<JobRecord> = {}): JobRecord {
  return {
    id: 'j',
    type: 't',
    queue: 'q',
    userId: 'ada',
    priority: 5,
    title: null,
    subject: null,
    tags: [],
    metadata: {},
    policy: defaultPolicy,
    parentId: null,
    batchId: null,
    scheduleKey: null,
    traceparent: null,
    createdAt: now - 1_000,
    rev: 2,
    status: 'processing',
    waitReason: null,
    fence: 7,
    attempt: 1,
    fails: 0,
    losses: 0,
    runAt: now - 900,
    startedAt: now - 500,
    updatedAt: now - 500,
    completedAt: null,
    expiresAt: null,
    progress: 0.4,
    progressMessage: 'x',
    stage: 's',
    counts: { done: 2, total: 5, unit: 'page' },
    cancelRequestedAt: null,
    cancelReason: null,
    cancelBy: null,
    result: null,
    error: null,
    children: null,
    hasSteps: false,
    lease: aLease(),
    ...members,
  }
}

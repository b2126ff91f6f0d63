// What the tests of this engine share: a job, and a file that goes away.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ClaimRequest, NewJob } from '../../engine/engine.ts'
import { defaultPolicy } from '../../job/policy.ts'
import type { JobSpec } from '../../job/record.ts'
import { newId } from '../../lib/ids.ts'

export function aJob(spec: Partial<JobSpec> = {}, more: Partial<NewJob> = {}): NewJob {
  const whole = {
    id: newId(),
    type: 'demo',
    queue: 'default',
    userId: 'user-1',
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
    ...spec,
  }
  return {
    spec: whole,
    idGiven: spec.id !== undefined,
    inputJson: '{"n":1}',
    delayMs: 0,
    idempotency: null,
    maxPending: null,
    ...more,
  }
}

export function aClaim(more: Partial<ClaimRequest> = {}): ClaimRequest {
  return { workerId: 'w1', queues: [], max: 10, leaseMs: 15_000, claimId: newId(), begins: 10, ...more }
}

/** A directory of its own for one test. */
export function aPlace(): { url: string; dir: string; remove: () => void } {
  const dir = mkdtempSync(join(tmpdir(), 'waybill-sqlite-'))
  return {
    dir,
    url: `sqlite:${join(dir, 'jobs.db')}`,
    remove: () => rmSync(dir, { recursive: true, force: true }),
  }
}

// Jobs and claims for the tests of single engines; those of the suite have ids that read better (conformance/subject.ts).
import type { ClaimRequest, NewJob } from './engine.ts'
import { defaultPolicy } from '../job/policy.ts'
import type { JobSpec } from '../job/record.ts'
import { newId } from '../lib/ids.ts'

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
  const rest = { inputJson: '{"n":1}', delayMs: 0, idempotency: null, maxPending: null }
  return { spec: whole, idGiven: spec.id !== undefined, ...rest, ...more }
}

export function aClaim(more: Partial<ClaimRequest> = {}): ClaimRequest {
  return { workerId: 'w1', queues: [], max: 10, leaseMs: 15_000, claimId: newId(), begins: 10, ...more }
}

// What the suite asks of whoever tests an engine, and the shape of one case.
import assert from 'node:assert/strict'
import type { ClaimRequest, Engine, JobDetails, NewJob } from '../engine.ts'
import { isGone } from '../engine.ts'
import { defaultPolicy } from '../../job/policy.ts'
import type { JobSpec } from '../../job/record.ts'

/** One fresh, empty, migrated store. */
export interface Subject {
  engine: Engine
  /** Moves the engine's clock (EngineOptions.clockOffset). */
  advance(ms: number): void
  /** A second handle on the same store, as another process would have. */
  another?(): Promise<Engine>
  /** Closes the engine as a crash or restart would and opens it again. */
  reopen?(): Promise<Engine>
  close(): Promise<void>
}

export interface Case {
  name: string
  /** Left out where a subject cannot do it. */
  needs?: 'another' | 'reopen'
  run(subject: Subject): Promise<void>
}

let made = 0

/** A job to insert; every one has its own id. */
export function aJob(spec: Partial<JobSpec> = {}, more: Partial<NewJob> = {}): NewJob {
  const whole = {
    id: `job-${++made}`,
    type: 'demo',
    queue: 'default',
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

/** A claim of up to ten jobs for 15 s; every one has its own id. */
export function aClaim(more: Partial<ClaimRequest> = {}): ClaimRequest {
  return { workerId: 'worker-1', queues: [], max: 10, leaseMs: 15_000, claimId: `claim-${++made}`, begins: 10, ...more }
}

/** The job with everything that can be asked for. Throws when it is not there. */
export async function whole(engine: Engine, id: string): Promise<Required<JobDetails>> {
  const [found] = await engine.get([id], { input: true, timeline: true, steps: true })
  if (!found || isGone(found)) throw new Error(`job ${id} is not there`)
  return { record: found.record, timeline: found.timeline ?? [], steps: found.steps ?? [] }
}

export const half = (): number => 0.5

/** Real clocks move on while a case runs: equal within half a second. */
export function about(real: number, expected: number): void {
  assert.ok(Math.abs(real - expected) < 500, `expected about ${expected}, got ${real}`)
}

// What the suite asks of whoever tests an engine, and the shape of one case.
import assert from 'node:assert/strict'
import { isGone, type Claimed, type ClaimRequest, type Engine, type JobDetails, type NewJob } from '../engine.ts'
import type { Applied, Change } from '../../job/change.ts'
import { systemError, type JobError } from '../../job/errors.ts'
import { defaultPolicy } from '../../job/policy.ts'
import type { JobRecord, JobSpec } from '../../job/record.ts'

/** One fresh, empty, migrated store, and what can be done to it. */
export interface Subject {
  engine: Engine
  /** Moves the engine's clock forward (EngineOptions.clockOffset). */
  advance: (ms: number) => void
  /** A second handle on the same store, as another process would have. Closed with the subject. */
  another?: () => Promise<Engine>
  /** Closes the engine as a crash or restart would, and opens the store again. */
  reopen?: () => Promise<Engine>
  close: () => Promise<void>
}

export interface Case {
  name: string
  /** Fails, with a sentence, for a subject that cannot do it: give it or skip the case with a reason. */
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

/** How long `aClaim` leases for. */
export const leaseMs = 15_000

/** A claim of up to ten jobs, all begun; every one has its own id. */
export function aClaim(more: Partial<ClaimRequest> = {}): ClaimRequest {
  return { workerId: 'worker-1', queues: [], max: 10, leaseMs, claimId: `claim-${++made}`, begins: 10, ...more }
}

/** The job with everything that can be asked for. Throws when it is not there. */
export async function whole(engine: Engine, id: string): Promise<Required<Omit<JobDetails, 'source'>>> {
  const [found] = await engine.get([id], { input: true, timeline: true, steps: true })
  if (!found || isGone(found)) throw new Error(`job ${id} is not there`)
  return { record: found.record, timeline: found.timeline ?? [], steps: found.steps ?? [] }
}

/** The record alone, as it stands. */
export async function recordOf(engine: Engine, id: string): Promise<JobRecord> {
  return (await whole(engine, id)).record
}

/** Inserts one job and leases it. */
export async function running(engine: Engine, spec: Partial<JobSpec> = {}): Promise<Running> {
  const job = aJob(spec)
  await engine.insert([job])
  const { jobs, fence } = await engine.claim(aClaim())
  const leased = jobs.find(({ record }) => record.id === job.spec.id)
  if (!leased) throw new Error(`job ${job.spec.id} was expected to be leased`)
  return { id: job.spec.id, record: leased.record, fence }
}

interface Running {
  id: string
  record: JobRecord
  fence: number
}

export function idsOf({ jobs }: Claimed): string[] {
  return jobs.map(({ record }) => record.id)
}

/** Writes one Change and says what became of it. */
export async function outcomeOf(engine: Engine, change: Change): Promise<Applied['outcome'] | undefined> {
  return (await engine.apply([change])).applied[0]?.outcome
}

/** What a decider answers, where null would mean that the test itself is wrong. */
export function decided(change: Change | null): Change {
  assert.ok(change, 'the decider was expected to have an answer')
  return change
}

/** The chance that adds no jitter. */
export const half = (): number => 0.5

export const oops: JobError = systemError('job_error', 'err_1', 'oops')

/** Real clocks move on while a case runs: equal within half a second. */
export function about(real: number | null, expected: number): void {
  assert.ok(real !== null && Math.abs(real - expected) < 500, `expected about ${expected}, got ${real}`)
}

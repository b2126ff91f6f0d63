// How a worker elsewhere ends its job: word → decide → store, under its fence. A word that was lost on the way back may be
// said again; a word that comes too late is refused.
import { isGone, type JobDetails } from '../engine/engine.ts'
import { completed, failed, released, stopped, timedOut } from '../job/decide.ts'
import type { Change } from '../job/change.ts'
import { systemError, WaybillError } from '../job/errors.ts'
import type { JobRecord } from '../job/record.ts'
import { isEnd, type Status } from '../job/status.ts'
import { jobErrorOf } from './error.ts'
import type { Lease } from './lease-tokens.ts'
import { isOverdue, leaseLost, type ForeignParts } from './parts.ts'
import { saidBefore } from './replay.ts'
import type { Word } from './word.ts'

export interface Settled {
  rev: number
  status: Status
  /** It had been said before. */
  replayed: boolean
}

/** How often it is decided anew because a cancel came between reading and writing. */
const tries = 5

/** Throws `lease_lost`, and `bad_request` for a `cancelled` that nobody asked for. */
export async function settle(parts: ForeignParts, lease: Lease, word: Word): Promise<Settled> {
  for (let i = 0; i < tries; i++) {
    const job = await find(parts, lease)
    if (!job) throw leaseLost('the job is not there any more')
    const { record } = job
    if (record.lease?.fence !== lease.fence) return again(job, lease, word)
    if (isOverdue(lease, parts.engine.now())) throw await tooLate(parts, lease, record)
    const done = await store(parts, record, changeOf(parts, lease, record, word))
    if (done) return done
  }
  throw new WaybillError('engine_unavailable', `job ${lease.jobId} kept changing; try again`, { retryAfter: 1 })
}

/** The hard limit has passed: the attempt ends as timed out, whatever its worker does. */
export async function timeOut(parts: ForeignParts, lease: Lease, record: JobRecord): Promise<void> {
  await store(parts, record, timedOut(record, lease.fence, parts.newRef(), parts.random))
}

/** The job of a lease with its timeline; null when it is not there any more. */
export async function find({ engine }: Pick<ForeignParts, 'engine'>, lease: Lease): Promise<JobDetails | null> {
  const [found = null] = await engine.get([lease.jobId], { timeline: true })
  return found === null || isGone(found) ? null : found
}

async function tooLate(parts: ForeignParts, lease: Lease, record: JobRecord): Promise<WaybillError> {
  await timeOut(parts, lease, record)
  return leaseLost(`the time limit of the attempt (${lease.timeoutMs} ms) had passed`)
}

function again(job: JobDetails, lease: Lease, word: Word): Settled {
  const before = saidBefore(job, lease.fence, word)
  if (!before) throw leaseLost()
  return { ...before, replayed: true }
}

function changeOf({ random, newRef }: ForeignParts, { fence }: Lease, record: JobRecord, word: Word): Change {
  const toBeCancelled = record.cancelRequestedAt !== null
  switch (word.say) {
    case 'complete':
      return completed(record, fence, word.result)
    case 'fail':
      return failed(record, fence, jobErrorOf(word.error, word.retry !== 'never', newRef()), random, word.retry)
    case 'cancelled':
      if (toBeCancelled) return stopped(record, fence)
      throw new WaybillError('bad_request', 'nobody asked for a cancel; say fail or release')
    case 'release': // a job given back while a cancel is asked for has ended
      if (toBeCancelled) return failed(record, fence, systemError('cancelled', newRef()), random)
      return released(record, fence, word.reason, word.delayMs, true)
  }
}

async function store(parts: ForeignParts, record: JobRecord, change: Change): Promise<Settled | null> {
  const { applied } = await parts.engine.apply([change])
  const [answer] = applied
  if (answer?.outcome !== 'applied') return null
  count(parts, record, change.to, answer.at)
  return { rev: answer.rev, status: change.to, replayed: false }
}

function count({ telemetry }: ForeignParts, record: JobRecord, outcome: Status, at: number): void {
  if (!isEnd(outcome)) return
  const { queue, type, runAt, startedAt } = record
  const begun = startedAt ?? at
  telemetry.finished({ queue, type, outcome, waitMs: begun - runAt, runMs: at - begun })
}

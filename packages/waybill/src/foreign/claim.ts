// Jobs for a worker elsewhere: leased one by one, each under a fence of its own, so that it can lose one and keep the others.
// What it cannot run, or what should have begun long ago, never reaches it.
import { isGone, type LeasedJob } from '../engine/engine.ts'
import { expired, mayBeLate, released, startsAnew } from '../job/decide.ts'
import type { ForeignParts } from './parts.ts'

export interface LeaseRequest {
  workerId: string
  /** Empty: all queues. */
  queues: string[]
  /** Null: whatever comes. */
  types: ReadonlySet<string> | null
  max: number
  leaseMs: number
  /** The same again answers the same leases, as far as they stand. */
  claimId: string
}

export interface Taken {
  fence: number
  job: LeasedJob
}

/** How long a job stays away from a worker that does not know its type; as for workers of our own. */
const unknownTypeMs = 60_000
/** Rounds in which everything that was leased was of the wrong type. */
const roundsMost = 10

type Parts = Pick<ForeignParts, 'engine' | 'newRef'>

/** At most `max` jobs that the worker may begin now. */
export async function claimFor(parts: Parts, request: LeaseRequest): Promise<Taken[]> {
  for (let round = 0; round < roundsMost; round++) {
    const taken = await takeAll(parts, request)
    const judged = await Promise.all(taken.map((one) => mayBegin(parts, request, one)))
    const fit = taken.filter((_, i) => judged[i])
    if (fit.length > 0 || taken.length === 0) return fit.toSorted((a, b) => a.fence - b.fence)
  }
  return []
}

/** Gives leased jobs back, nothing charged. */
export async function giveBack({ engine }: Pick<Parts, 'engine'>, taken: Taken[], reason: string): Promise<void> {
  await engine.apply(taken.map(({ fence, job }) => released(job.record, fence, reason)))
}

// The first alone: with nothing to be had, one question is enough.
async function takeAll(parts: Parts, request: LeaseRequest): Promise<Taken[]> {
  const first = await takeOne(parts, request, 0)
  if (!first) return []
  const places = Array.from({ length: request.max - 1 }, (_, i) => i + 1)
  const others = await Promise.all(places.map((place) => takeOne(parts, request, place)))
  return [first, ...others.filter((one) => one !== null)]
}

async function takeOne({ engine }: Parts, request: LeaseRequest, place: number): Promise<Taken | null> {
  const { workerId, queues, leaseMs, claimId } = request
  const id = `${workerId} ${claimId} ${place}`
  const { fence, jobs } = await engine.claim({ workerId, queues, max: 1, leaseMs, claimId: id, begins: 1 })
  const [job] = jobs
  return job ? { fence, job } : null
}

async function mayBegin(parts: Parts, { types, workerId }: LeaseRequest, { fence, job }: Taken): Promise<boolean> {
  const { engine, newRef } = parts
  const { record } = job
  if (types && !types.has(record.type)) {
    const reason = `worker ${workerId} has no handler for type "${record.type}"`
    await engine.apply([released(record, fence, reason, unknownTypeMs)])
    return false
  }
  if (!mayBeLate(record, engine.now())) return true
  const [found = null] = await engine.get([record.id], { timeline: true })
  if (found && !isGone(found) && startsAnew(found.timeline ?? [])) return true
  await engine.apply([expired(record, newRef(), fence)])
  return false
}

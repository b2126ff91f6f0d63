// When the store itself next gives rise to something: the end of a delay, of a lease, of a time limit, a schedule's slot.
import { isGone, type Engine } from '../engine/engine.ts'
import { scheduleKind, scheduleOf } from '../engine/stored-schedule.ts'
import type { JobRecord } from '../job/record.ts'
import { nextSlot } from '../job/slots.ts'
import { isEnd } from '../job/status.ts'

/** Every job, oldest first. */
export async function allJobs(engine: Engine): Promise<JobRecord[]> {
  const jobs: JobRecord[] = []
  for (let after: string | null = null; ; ) {
    const { records, next } = await engine.list({ filter: {}, limit: 1_000, oldestFirst: true, after })
    jobs.push(...records)
    if (next === null) return jobs
    after = next
  }
}

export async function jobOf(engine: Engine, id: string): Promise<JobRecord> {
  const [found = null] = await engine.get([id], { input: true })
  if (found !== null && !isGone(found)) return found.record
  throw new Error(found ? `job ${id} was removed after its retention` : `there is no job ${id}`)
}

/** A store's own clock may be a little behind what is known of it: what was to happen by then is looked at again so soon. */
const againMs = 10
const behindMs = 1_000

/** On the engine's clock; those that are past are left out. `alive`: workers that renew their leases by themselves. */
export async function momentsOf(
  engine: Engine,
  jobs: readonly JobRecord[],
  alive: ReadonlySet<string>,
): Promise<number[]> {
  const now = engine.now()
  const moments = [...jobs.flatMap((job) => momentsOfJob(job, alive)), ...(await slotsOf(engine))]
  const limits = jobs.flatMap((job) => [...limitsOf(job), ...beatOf(job, alive)])
  const ahead = [...moments, ...limits].filter((moment) => moment > now)
  const isLate = moments.some((moment) => moment <= now && moment > now - behindMs)
  return isLate ? [...ahead, now + againMs] : ahead
}

async function slotsOf(engine: Engine): Promise<number[]> {
  const schedules = (await engine.docs(scheduleKind)).map(scheduleOf).filter(({ paused }) => !paused)
  return schedules.flatMap(({ timing, settledAt }) => nextSlot(timing, settledAt) ?? [])
}

// What upkeep does when its time has come: the job is then no longer what it was.
function momentsOfJob({ status, expiresAt, runAt, lease, cancelBy }: JobRecord, alive: ReadonlySet<string>): number[] {
  if (isEnd(status)) return expiresAt === null ? [] : [expiresAt]
  if (status === 'pending') return []
  if (status !== 'processing') return [runAt]
  const grace = cancelBy === null ? [] : [cancelBy]
  return lease === null || alive.has(lease.workerId) ? grace : [...grace, lease.expiresAt]
}

// What a worker does, by the clock of the test.
function limitsOf({ status, startedAt, createdAt, policy }: JobRecord): number[] {
  const { startWithinMs, softTimeoutMs, timeoutMs } = policy
  if (isEnd(status)) return []
  if (status !== 'processing' || startedAt === null) return startWithinMs === null ? [] : [createdAt + startWithinMs]
  return [startedAt + softTimeoutMs, startedAt + timeoutMs]
}

// The next heartbeat of a worker that is not this test's own, if it lives.
function beatOf({ lease }: JobRecord, alive: ReadonlySet<string>): number[] {
  if (lease === null || alive.has(lease.workerId)) return []
  return [Math.ceil(lease.heartbeatAt + (lease.expiresAt - lease.heartbeatAt) / 3)]
}

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

/** On the engine's clock; those that are past are left out. `alive`: workers that renew their leases by themselves. */
export async function momentsOf(
  engine: Engine,
  jobs: readonly JobRecord[],
  alive: ReadonlySet<string>,
): Promise<number[]> {
  const now = engine.now()
  const moments = jobs.flatMap((job) => momentsOfJob(job, alive))
  for (const doc of await engine.docs(scheduleKind)) {
    const { paused, timing, settledAt } = scheduleOf(doc)
    if (!paused) moments.push(nextSlot(timing, settledAt) ?? now)
  }
  return moments.filter((moment) => moment > now)
}

function momentsOfJob(job: JobRecord, alive: ReadonlySet<string>): number[] {
  if (isEnd(job.status)) return job.expiresAt === null ? [] : [job.expiresAt]
  if (job.status === 'processing') return running(job, alive)
  const { startWithinMs } = job.policy
  const startBy = startWithinMs === null || job.startedAt !== null ? [] : [job.createdAt + startWithinMs]
  return job.status === 'pending' ? startBy : [job.runAt, ...startBy]
}

function running({ startedAt, policy, lease, cancelBy }: JobRecord, alive: ReadonlySet<string>): number[] {
  const begun = startedAt ?? 0
  const limits = [begun + policy.softTimeoutMs, begun + policy.timeoutMs, cancelBy ?? 0]
  if (lease === null || alive.has(lease.workerId)) return limits
  const thirdMs = (lease.expiresAt - lease.heartbeatAt) / 3
  return [...limits, Math.ceil(lease.heartbeatAt + thirdMs), lease.expiresAt]
}

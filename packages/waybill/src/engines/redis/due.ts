// due: jobs that time has something to say about, of all shards, most overdue first.
import type { DueKind } from '../../engine/engine.ts'
import { isDue } from '../../engine/is-due.ts'
import type { JobRecord } from '../../job/record.ts'
import { read, standing } from './read.ts'
import { texts } from './reply.ts'
import type { Shard } from './shard.ts'

export async function due(shards: readonly Shard[], kind: DueKind, limit: number): Promise<JobRecord[]> {
  const found = await Promise.all(shards.map((shard) => dueOn(shard, kind, limit)))
  const [only] = found
  if (found.length === 1 && only) return only
  return found
    .flat()
    .toSorted((a, b) => dueAt(kind, a) - dueAt(kind, b))
    .slice(0, limit)
}

async function dueOn(shard: Shard, kind: DueKind, limit: number): Promise<JobRecord[]> {
  const ids = texts(await shard.run('due', [kind, limit]))
  const { now, jobs } = await read(shard, ids)
  const records = jobs.flatMap((job) => standing(job)?.record ?? [])
  return records.filter((job) => isDue(kind, job, now))
}

function dueAt(kind: DueKind, job: JobRecord): number {
  if (kind === 'run_at') return job.runAt
  if (kind === 'lease') return job.lease?.expiresAt ?? 0
  if (kind === 'cancel') return job.cancelBy ?? 0
  return job.createdAt + (job.policy.startWithinMs ?? 0)
}

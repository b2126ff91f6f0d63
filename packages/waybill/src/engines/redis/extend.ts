// extend: leases by fence (a fence says its shard), running jobs by id, the worker's own row on the first shard.
import type { Extended, ExtendRequest } from '../../engine/engine.ts'
import { texts } from './reply.ts'
import type { Shard } from './shard.ts'
import { shardIndex } from './shards.ts'

export async function extend(shards: readonly Shard[], request: ExtendRequest): Promise<Extended> {
  const answers = await Promise.all(shards.map((shard) => extendOn(shard, shards.length, request)))
  return { lost: answers.flatMap(({ lost }) => lost), cancel: answers.flatMap(({ cancel }) => cancel) }
}

async function extendOn(
  shard: Shard,
  count: number,
  { workerId, leaseMs, leases, jobs }: ExtendRequest,
): Promise<Extended> {
  const ownLeases = leases.filter(({ fence }) => fence % count === shard.index)
  const ownJobs = jobs.filter(({ id }) => shardIndex(id, count) === shard.index)
  const answer: Extended = { lost: [], cancel: [] }
  if (shard.index > 0 && ownLeases.length === 0 && ownJobs.length === 0) return answer
  const [now, ...verdicts] = texts(
    await shard.run('extend', [
      workerId,
      leaseMs,
      ownLeases.length,
      ...ownLeases.flatMap(({ fence, begun }) => [fence, begun]),
      ownJobs.length,
      ...ownJobs.flatMap(({ id, fence }) => [id, fence]),
    ]),
  )
  shard.heard(Number(now))
  for (const [i, { id }] of ownJobs.entries()) {
    if (verdicts[i] === 'lost') answer.lost.push(id)
    if (verdicts[i] === 'cancel') answer.cancel.push(id)
  }
  return answer
}

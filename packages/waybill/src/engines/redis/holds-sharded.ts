// Holds where jobs live on several shards: the name lies on a shard of its own, which cannot see whether the job that has
// it has ended. So it is asked here, and a name whose job has ended is taken instead of it. A name whose job is not
// there yet (its submitter is on his way, or died) is adopted: whoever comes stores his job under that id; only one can.
import type { Inserted, NewJob } from '../../engine/engine.ts'
import type { Hold } from '../../engine/hold.ts'
import { isEnd } from '../../job/status.ts'
import { takeHold } from './insert.ts'
import { read } from './read.ts'
import { textOrNull } from './reply.ts'
import type { Shard } from './shard.ts'
import { shardOf } from './shards.ts'

export interface Taken {
  /** The first hold that stands, if one does. */
  held: Inserted | null
  /** The id under which the job must be stored, and the hold that says so. */
  adopted: { id: string; key: string } | null
  taken: Hold[]
}

export const nothingTaken: Taken = { held: null, adopted: null, taken: [] }

export async function takeHolds(shards: readonly Shard[], job: NewJob): Promise<Taken> {
  const taken: Taken = { held: null, adopted: null, taken: [] }
  for (const hold of job.holds ?? []) {
    const outcome = await take(shards, job, hold)
    if (outcome === 'taken') taken.taken.push(hold)
    else if ('adopt' in outcome) taken.adopted = { id: outcome.adopt, key: hold.key }
    else return { ...taken, held: outcome }
  }
  return taken
}

async function take(
  shards: readonly Shard[],
  job: NewJob,
  hold: Hold,
): Promise<'taken' | { adopt: string } | Inserted> {
  let { instead } = hold
  for (;;) {
    const answer = await takeHold(shardOf(shards, hold.key), job, { ...hold, instead })
    if (answer.outcome !== 'held') return 'taken'
    if (hold.ms !== null) return answer
    const { jobs } = await read(shardOf(shards, answer.id), [answer.id])
    const [holder] = jobs
    if (!holder) return { adopt: answer.id }
    if ('lines' in holder && !isEnd(holder.record.status)) return answer
    instead = answer.id
  }
}

/** Lets go of what was taken for a job that was not stored. */
export async function giveBackHolds(shards: readonly Shard[], holds: Hold[], id: string): Promise<void> {
  for (const { key } of holds) {
    const shard = shardOf(shards, key)
    const holder = textOrNull(await shard.call('GET', `hold:${key}`))
    if (holder?.endsWith(` ${id}`)) await shard.call('DEL', `hold:${key}`)
  }
}

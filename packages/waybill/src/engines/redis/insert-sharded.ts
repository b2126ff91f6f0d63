// insert where jobs live on several shards. What one script does on one shard takes steps here:
//   keys     each key, on a shard of its own, names the job that whoever comes with it finds; he stores it himself, under
//            that name, should the first comer have died before he did
//   holds    each name on a shard of its own, much like a key (holds-sharded.ts)
//   cap      pending and scheduled jobs are counted over all shards a moment before (two submitters at once may overshoot)
//   atomic   all shards are asked first, then they store; a batch of which one shard is cut off in between stays in part
import type { Inserted, NewJob } from '../../engine/engine.ts'
import { isSound, withdrawn } from '../../engine/new-job.ts'
import { giveBackHolds, nothingTaken, takeHolds, type Taken } from './holds-sharded.ts'
import { check, insert, takeKey } from './insert.ts'
import { countsByQueue } from './list.ts'
import { read } from './read.ts'
import { textOrNull } from './reply.ts'
import type { Shard } from './shard.ts'
import { shardOf, spread } from './shards.ts'

/** A job on its way: to be stored as `job`, or answered already. */
interface Entry {
  asked: NewJob
  job: NewJob
  answer: Inserted | null
  /** It took its key itself. */
  tookKey: boolean
  holds: Taken
}

export async function insertSharded(shards: readonly Shard[], jobs: NewJob[], atomic: boolean): Promise<Inserted[]> {
  const entries: Entry[] = []
  for (const job of jobs) entries.push(await withHolds(shards, await withKey(shards, job)))
  await holdToCaps(shards, entries)
  if (!atomic || (await allSound(shards, entries))) await storeOpen(shards, entries)
  await giveBack(shards, entries)
  return entries.map(({ answer, asked }) => answer ?? { outcome: 'not_stored', id: asked.spec.id })
}

async function withKey(shards: readonly Shard[], asked: NewJob): Promise<Entry> {
  const { holds: _, ...plain } = asked
  const bare: NewJob = { ...plain, idempotency: null, maxPending: null }
  const open = { asked, holds: nothingTaken }
  if (!asked.idempotency) return { ...open, job: bare, answer: null, tookKey: false }
  const answer = await takeKey(shardOf(shards, asked.idempotency.key), asked)
  if (answer.outcome === 'key_reused') return { ...open, job: bare, answer, tookKey: false }
  if (answer.outcome !== 'replayed') return { ...open, job: bare, answer: null, tookKey: true }
  const { jobs } = await read(shardOf(shards, answer.id), [answer.id])
  const job = { ...bare, spec: { ...bare.spec, id: answer.id } }
  return { ...open, job, answer: jobs[0] ? answer : null, tookKey: false }
}

async function withHolds(shards: readonly Shard[], entry: Entry): Promise<Entry> {
  if (!entry.asked.holds || entry.answer) return entry
  const holds = await takeHolds(shards, { ...entry.job, holds: entry.asked.holds })
  const { adopted, held } = holds
  const job = adopted ? { ...entry.job, spec: { ...entry.job.spec, id: adopted.id } } : entry.job
  return { ...entry, job, holds, answer: held }
}

async function holdToCaps(shards: readonly Shard[], entries: Entry[]): Promise<void> {
  const pending = new Map<string, number>()
  for (const entry of entries) {
    const { maxPending, spec } = entry.asked
    if (maxPending === null || entry.answer) continue
    const before = pending.get(spec.queue) ?? (await queuedIn(shards, spec.queue))
    if (before >= maxPending) entry.answer = { outcome: 'queue_full', id: spec.id, pending: before }
    pending.set(spec.queue, entry.answer ? before : before + 1)
  }
}

async function queuedIn(shards: readonly Shard[], queue: string): Promise<number> {
  const counts = await Promise.all(shards.map(countsByQueue))
  return counts.reduce((sum, one) => sum + (one.get(queue)?.pending ?? 0) + (one.get(queue)?.scheduled ?? 0), 0)
}

async function allSound(shards: readonly Shard[], entries: Entry[]): Promise<boolean> {
  const open = entries.filter(({ answer }) => !answer)
  const verdicts = await spread(shards, open, idOf, (shard, some) => check(shard, some.map(jobOf)))
  for (const [i, entry] of open.entries()) {
    const verdict = verdicts[i]
    const meant = verdict && meaning(entry, verdict)
    if (meant && meant.outcome !== 'created' && meant.outcome !== 'replayed') entry.answer = meant
  }
  const made = new Set(open.map(({ job }) => job.spec.id))
  if (entries.every(({ answer, asked }) => !answer || isSound(answer, asked))) return true
  for (const entry of entries) if (entry.answer) entry.answer = withdrawn(entry.answer, entry.asked, made)
  return false
}

async function storeOpen(shards: readonly Shard[], entries: Entry[]): Promise<void> {
  const open = entries.filter(({ answer }) => !answer)
  const stored = await spread(shards, open, idOf, (shard, some) => insert(shard, some.map(jobOf), false))
  for (const [i, entry] of open.entries()) {
    const answer = stored[i]
    if (answer) entry.answer = meaning(entry, answer)
  }
}

// Under an id that belongs to a key or a hold somebody else has stored his job in the meantime: the replay, or the holder.
function meaning(entry: Entry, answer: Inserted): Inserted {
  const { id } = entry.job.spec
  if (isOwn(entry, answer)) return { outcome: 'replayed', id }
  const key = entry.holds.adopted?.key ?? (entry.asked.idGiven ? undefined : entry.holds.taken[0]?.key)
  return answer.outcome === 'id_taken' && key !== undefined ? { outcome: 'held', id, key } : answer
}

function isOwn({ asked, tookKey }: Entry, answer: Inserted): boolean {
  return answer.outcome === 'id_taken' && asked.idempotency !== null && !tookKey
}

async function giveBack(shards: readonly Shard[], entries: Entry[]): Promise<void> {
  for (const { asked, answer, tookKey, holds, job } of entries) {
    if (answer?.outcome !== 'created' && !(answer?.outcome === 'held' && answer.id === job.spec.id))
      await giveBackHolds(shards, holds.taken, job.spec.id)
    const key = asked.idempotency?.key
    if (!tookKey || key === undefined || answer?.outcome === 'created') continue
    const shard = shardOf(shards, key)
    const holder = textOrNull(await shard.call('GET', `key:${key}`))
    if (holder?.endsWith(` ${asked.spec.id}`)) await shard.call('DEL', `key:${key}`)
  }
}

function idOf({ job }: Entry): string {
  return job.spec.id
}

function jobOf({ job }: Entry): NewJob {
  return job
}

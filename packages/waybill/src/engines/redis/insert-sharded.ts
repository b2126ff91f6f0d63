// insert where jobs live on several shards. What one script does on one shard takes steps here:
//   keys     each key, on a shard of its own, names the job that whoever comes with it finds; he stores it himself, under
//            that name, should the first comer have died before he did
//   cap      pending and scheduled jobs are counted over all shards a moment before (two submitters at once may overshoot)
//   atomic   all shards are asked first, then they store; a batch of which one shard is cut off in between stays in part
import type { Inserted, NewJob } from '../../engine/engine.ts'
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
}

export async function insertSharded(shards: readonly Shard[], jobs: NewJob[], atomic: boolean): Promise<Inserted[]> {
  const entries: Entry[] = []
  for (const job of jobs) entries.push(await withKey(shards, job))
  await holdToCaps(shards, entries)
  if (!atomic || (await allSound(shards, entries))) await storeOpen(shards, entries)
  await giveBackKeys(shards, entries)
  return entries.map(({ answer, asked }) => answer ?? { outcome: 'not_stored', id: asked.spec.id })
}

async function withKey(shards: readonly Shard[], asked: NewJob): Promise<Entry> {
  const bare: NewJob = { ...asked, idempotency: null, maxPending: null }
  if (!asked.idempotency) return { asked, job: bare, answer: null, tookKey: false }
  const answer = await takeKey(shardOf(shards, asked.idempotency.key), asked)
  if (answer.outcome === 'key_reused') return { asked, job: bare, answer, tookKey: false }
  if (answer.outcome !== 'replayed') return { asked, job: bare, answer: null, tookKey: true }
  const { jobs } = await read(shardOf(shards, answer.id), [answer.id])
  const job = { ...bare, spec: { ...bare.spec, id: answer.id } }
  return { asked, job, answer: jobs[0] ? answer : null, tookKey: false }
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
    if (verdict && verdict.outcome !== 'created' && !isOwn(entry, verdict)) entry.answer = verdict
  }
  const made = new Set(open.map(({ job }) => job.spec.id))
  if (entries.every(({ answer }) => !answer || answer.outcome === 'replayed')) return true
  for (const entry of entries)
    if (entry.answer?.outcome === 'replayed' && made.has(entry.answer.id)) entry.answer = null
  return false
}

async function storeOpen(shards: readonly Shard[], entries: Entry[]): Promise<void> {
  const open = entries.filter(({ answer }) => !answer)
  const stored = await spread(shards, open, idOf, (shard, some) => insert(shard, some.map(jobOf), false))
  for (const [i, entry] of open.entries()) {
    const answer = stored[i]
    if (answer) entry.answer = isOwn(entry, answer) ? { outcome: 'replayed', id: answer.id } : answer
  }
}

// Somebody else has stored the job of this key in the meantime: that is the replay that was asked for.
function isOwn({ asked, tookKey }: Entry, answer: Inserted): boolean {
  return answer.outcome === 'id_taken' && asked.idempotency !== null && !tookKey
}

async function giveBackKeys(shards: readonly Shard[], entries: Entry[]): Promise<void> {
  for (const { asked, answer, tookKey } of entries) {
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

// apply: Changes over records, each only if what it expects still holds, and the next claim. Commonest first: jobs that
// were fresh, claimed once and completed end in the script that claims. All others are read, decided by job/change.ts and
// stored if nothing has moved meanwhile; whoever lost that race reads again.
import type { Claimed, ClaimRequest } from '../../engine/engine.ts'
import { changed, meets, type Applied, type Change } from '../../job/change.ts'
import { WaybillError } from '../../job/errors.ts'
import { exchange, type PlainEnd } from './exchange.ts'
import { read, standing } from './read.ts'
import type { Shard } from './shard.ts'
import { store, type Write } from './store.ts'

const missing: Applied = { outcome: 'missing' }
/** A job is written by one worker and now and then by a person: more rounds than this are no race. */
const rounds = 50

export async function apply(
  shard: Shard,
  changes: Change[],
  request: ClaimRequest | null,
  channel = '',
): Promise<{ applied: Applied[]; claimed: Claimed | null }> {
  const answers: (Applied | null)[] = changes.map(() => null)
  const plain = new Map<number, PlainEnd>()
  const ids = new Set(changes.map(({ id }) => id))
  for (const [i, change] of changes.entries()) {
    const end = ids.size === changes.length ? plainEnd(shard, change) : null // the same job twice: in order, one by one
    if (end) plain.set(i, end)
  }
  await general(shard, changes, answers, (i) => !plain.has(i))
  if (plain.size === 0 && !request) return { applied: answers.map(orMissing), claimed: null }
  const { now, ends, claimed } = await exchange(shard, [...plain.values()], request, channel)
  for (const [at, i] of [...plain.keys()].entries()) {
    if (ends[at] !== '1') continue
    answers[i] = { outcome: 'applied', rev: 3, at: now }
    shard.memo.forget(changes[i]?.id ?? '')
  }
  await general(shard, changes, answers, () => true)
  return { applied: answers.map(orMissing), claimed }
}

function orMissing(answer: Applied | null): Applied {
  return answer ?? missing
}

/** What the short path needs to know; null for every other kind of Change, and for jobs that this process did not claim. */
function plainEnd(shard: Shard, { id, to, expect, event, input, set, keepMs = 0 }: Change): PlainEnd | null {
  const plain = to === 'completed' && event.type === 'completed' && input === undefined && expect.fence !== undefined
  if (!plain || expect.rev !== undefined || expect.cancelRequested !== undefined || expect.leaseExpired) return null
  const known = shard.memo.get(id)
  return known ? { id, ...known, fence: expect.fence ?? 0, keepMs, result: JSON.stringify(set.result ?? null) } : null
}

// Answers what is still open of `changes`. One job's changes go in order, those of different jobs together.
async function general(
  shard: Shard,
  changes: Change[],
  answers: (Applied | null)[],
  wanted: (i: number) => boolean,
): Promise<void> {
  for (let round = 0; ; round++) {
    const wave = new Map<string, number>()
    for (const [i, { id }] of changes.entries()) {
      if (answers[i] === null && wanted(i) && !wave.has(id)) wave.set(id, i)
    }
    if (wave.size === 0) return
    if (round > rounds + changes.length)
      throw new WaybillError('engine_unavailable', 'Redis: a job changes faster than it can be written', {
        retryAfter: 1,
      })
    await oneWave(shard, wave, changes, answers)
  }
}

async function oneWave(
  shard: Shard,
  wave: ReadonlyMap<string, number>,
  changes: Change[],
  answers: (Applied | null)[],
): Promise<void> {
  const steps = [...wave.values()].some((i) => changes[i]?.expect.withoutSteps !== undefined)
  const { now, jobs } = await read(shard, [...wave.keys()], { steps })
  const writes: (Write & { i: number })[] = []
  for (const [at, i] of [...wave.values()].entries()) {
    const change = changes[i]
    const job = standing(jobs[at])
    if (!change || !job) {
      answers[i] = missing
      continue
    }
    const verdict = meets(job.record, change, now, job.steps)
    if (verdict !== 'yes') answers[i] = { outcome: verdict }
    else
      writes.push({
        i,
        job,
        next: changed(job.record, change, now),
        event: change.event,
        dropSteps: change.dropSteps ?? [],
        steps: change.steps ?? [],
        runOut: change.expect.leaseExpired === true,
      })
  }
  const verdicts = await store(shard, writes, now)
  for (const [at, { i, next }] of writes.entries()) {
    if (verdicts[at] === 'ok') answers[i] = { outcome: 'applied', rev: next.rev, at: now }
    else if (verdicts[at] === 'early') answers[i] = { outcome: 'changed' }
  }
}

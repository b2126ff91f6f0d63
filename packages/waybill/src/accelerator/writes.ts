// The verbs that write: the engine first, then a word to the other processes. Nothing here waits for the accelerator, and
// what a verb answers is the engine's answer.
import type { Claimed, ClaimRequest, Inserted, NewJob, Note, SavedJob } from '../engine/engine.ts'
import type { Applied, Change } from '../job/change.ts'
import type { JobRecord } from '../job/record.ts'
import { isEnd } from '../job/status.ts'
import { revOf, type Front } from './front.ts'

/** Inserts of more jobs are not written to the cache: nobody watches them one by one yet. */
const smallInsert = 50

export async function insert(front: Front, jobs: NewJob[], options?: { atomic?: boolean }): Promise<Inserted[]> {
  const askedAt = front.accelerator.now
  const inserted = await front.engine.insert(jobs, options)
  const created = inserted.flatMap(createdOf)
  if (created.length <= smallInsert) front.saw(created, askedAt)
  else front.sawInPassing(created, askedAt)
  const runnable = created.filter(({ status }) => status === 'pending')
  front.accelerator.announce({ jobs: created.map(revOf), queues: runnable.map(({ queue }) => queue) })
  return inserted
}

export async function claim(front: Front, request: ClaimRequest): Promise<Claimed> {
  const askedAt = front.accelerator.now
  const claimed = await front.engine.claim(request)
  took(front, claimed, askedAt)
  return claimed
}

export async function apply(
  front: Front,
  changes: Change[],
  request?: ClaimRequest,
): Promise<{ applied: Applied[]; claimed: Claimed | null }> {
  const askedAt = front.accelerator.now
  const answer = await front.engine.apply(changes, request)
  changed(front, changes, answer.applied, askedAt)
  if (answer.claimed) took(front, answer.claimed, askedAt)
  return answer
}

export async function note(front: Front, notes: Note[]): Promise<(number | 'lost')[]> {
  const askedAt = front.accelerator.now
  const revs = await front.engine.note(notes)
  const kept = notes.flatMap(({ id }, i) => withRev(id, revs[i]))
  front.accelerator.sawRevs(kept, askedAt, false)
  front.accelerator.announce({ jobs: kept })
  return revs
}

export async function purge(front: Front, limit: number, id?: string): Promise<number> {
  const count = await front.engine.purge(limit, id)
  if (id !== undefined) moved(front, [id])
  return count
}

export async function restore(front: Front, jobs: SavedJob[]): Promise<('stored' | 'present')[]> {
  const outcomes = await front.engine.restore(jobs)
  const ids = jobs.map(({ record }) => record.id)
  moved(front, ids)
  return outcomes
}

/** Pairs of id and rev, where there is one. */
export function withRev(id: string, rev: number | 'lost' | null | undefined): [id: string, rev: number][] {
  return typeof rev === 'number' ? [[id, rev]] : []
}

function createdOf(one: Inserted): JobRecord[] {
  return one.outcome === 'created' ? [one.record] : []
}

function took(front: Front, { jobs }: Claimed, askedAt: number): void {
  const records = jobs.map(({ record }) => record)
  front.sawInPassing(records, askedAt)
  front.accelerator.announce({ jobs: records.map(revOf) })
}

function changed(front: Front, changes: Change[], answers: Applied[], askedAt: number): void {
  const jobs: [string, number][] = []
  const stored: Change[] = []
  for (const [i, change] of changes.entries()) {
    const answer = answers[i]
    if (answer?.outcome !== 'applied') {
      front.accelerator.distrust([change.id])
      continue
    }
    jobs.push([change.id, answer.rev])
    stored.push(change)
  }
  front.accelerator.sawRevs(jobs, askedAt, false)
  front.accelerator.announce({
    jobs,
    ended: stored.filter(({ to }) => isEnd(to)).map(({ id }) => id),
    queues: stored.filter(({ to }) => to === 'pending').flatMap(({ id }) => front.queueOf(id) ?? []),
  })
}

// Nobody says what became of them.
function moved({ accelerator }: Front, ids: string[]): void {
  accelerator.distrust(ids)
  accelerator.announce({ jobs: ids.map((id) => [id, null]) })
}

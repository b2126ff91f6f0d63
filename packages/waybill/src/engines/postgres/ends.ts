// The short path of the commonest life: fresh, claimed once, completed. Of all of a call in one statement, with the next
// claim: a delete from `leased` that is its own guard (the fence must match, and nothing may have been noted meanwhile),
// one row in `done`; a lease of which all jobs end at once goes too (others are swept once they have run out).
import { jsonOrNull } from '../../engine/stored-rows.ts'
import type { Claimed, ClaimRequest } from '../../engine/engine.ts'
import type { Applied, Change } from '../../job/change.ts'
import { claimedFrom } from './claim.ts'
import type { Session } from './db.ts'
import type { Remembered } from './memo.ts'
import type { Store } from './store.ts'
import { takeTurn, type End } from './turn.ts'

/** A change, and where its answer belongs. */
export interface Asked {
  change: Change
  n: number
}

/** Answers by place. */
export type Answers = Map<number, Applied>

/** A change of this kind, with what this process remembers of its job. */
export interface PlainEnd extends Asked {
  job: Remembered
}

/** The plain ends among `asked`: of jobs that this process claimed and that the call names once. */
export function plainEnds(store: Store, asked: Asked[]): PlainEnd[] {
  const named = new Map<string, number>()
  for (const { change } of asked) named.set(change.id, (named.get(change.id) ?? 0) + 1)
  return asked.flatMap(({ change, n }) => {
    const job = isPlain(change) && named.get(change.id) === 1 ? store.memo.get(change.id) : undefined
    return job && job.fence === change.expect.fence ? [{ change, n, job }] : []
  })
}

function isPlain({ to, expect, event, input, set, keepMs, runInMs, graceMs }: Change): boolean {
  if (to !== 'completed' || event.type !== 'completed' || Object.keys(event.data).length > 0) return false
  const bare = input === undefined && keepMs !== undefined && runInMs === undefined && graceMs === undefined
  const members = Object.keys(set).every((key) => key === 'result' || key === 'progress' || key === 'error')
  const simple = expect.rev === undefined && expect.cancelRequested === undefined && !expect.leaseExpired
  return bare && simple && members && set.progress === 1 && (set.error ?? null) === null
}

/** Answers for the changes that were applied; the others are no plain ends after all and go the longer way. */
export async function endPlain(
  session: Session,
  store: Store,
  ends: PlainEnd[],
  request?: ClaimRequest,
): Promise<{ answers: Answers; claimed: Claimed | null }> {
  const turned = await takeTurn(session, store, ends.map(endOf), request ?? null)
  const gone = ends.filter(({ job }) => turned.ended.has(job.seq))
  for (const { change } of gone) store.memo.forget(change.id)
  if (gone.length > 0) store.tell({ ids: gone.map(({ change }) => change.id), queues: [] })
  const answers: Answers = new Map(gone.map(({ n }) => [n, { outcome: 'applied', rev: 3, at: turned.now }]))
  return { answers, claimed: request ? await claimedFrom(session, store, request, turned) : null }
}

function endOf({ change, job }: PlainEnd): End {
  return { ...job, resultJson: jsonOrNull(change.set.result), keepMs: change.keepMs ?? 0 }
}

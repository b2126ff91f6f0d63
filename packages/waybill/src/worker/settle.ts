// One round trip: all that ended in one turn goes out, the next jobs come in. An engine that is away is tried again with
// the same claim id, so that a lost reply burns no lease.
import type { Claimed, ClaimRequest, WriteEngine } from '../engine/engine.ts'
import type { Applied, Change } from '../job/change.ts'
import type { Attempt } from './attempt.ts'
import { isOutage } from '../job/errors.ts'
import { insist, type Patience } from './insist.ts'

export interface Ended {
  attempt: Attempt
  change: Change
}

/** `refused`: the engine can never store it. */
export interface Answered {
  ended: Ended
  applied: Applied | { outcome: 'refused'; error: unknown }
}

export interface Settled {
  answers: Answered[]
  claimed: Claimed | null
}

export async function settle(
  engine: WriteEngine,
  ended: Ended[],
  claim: ClaimRequest | null,
  patience: Patience,
  signal: AbortSignal,
): Promise<Settled> {
  const changes = ended.map(({ change }) => change)
  try {
    const { applied, claimed } = await insist(() => engine.apply(changes, claim ?? undefined), patience, signal)
    return { answers: ended.map((one, i) => ({ ended: one, applied: applied[i] ?? { outcome: 'missing' } })), claimed }
  } catch (error) {
    if (isOutage(error) || ended.length === 0) throw error
    return { answers: await oneByOne(engine, ended, patience, signal), claimed: null }
  }
}

// One outcome that the engine cannot store must not take its neighbours down.
async function oneByOne(
  engine: WriteEngine,
  ended: Ended[],
  patience: Patience,
  signal: AbortSignal,
): Promise<Answered[]> {
  const answers: Answered[] = []
  for (const one of ended) {
    try {
      const { applied } = await insist(() => engine.apply([one.change]), patience, signal)
      answers.push({ ended: one, applied: applied[0] ?? { outcome: 'missing' } })
    } catch (error) {
      answers.push({ ended: one, applied: { outcome: 'refused', error } })
    }
  }
  return answers
}

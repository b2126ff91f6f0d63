// The one round trip that every job takes twice: what ended goes out, what is next comes in. Typed face of the store's
// function `turn_1` (migrations/0001-statements.ts).
import { numberOrNull, textOrNull } from '../../engine/stored-rows.ts'
import type { ClaimRequest } from '../../engine/engine.ts'
import { lines, numbers, texts } from './arrays.ts'
import type { Row, Session, Value } from './db.ts'
import type { Store } from './store.ts'

const turn = 'SELECT * FROM wb.turn_1($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)'

/** A job to be ended: it was fresh, claimed once under this fence, and completed. */
export interface End {
  seq: number
  fence: number
  queue: string
  resultJson: string | null
  keepMs: number
}

export interface Turned {
  now: number
  /** The numbers of the jobs that ended; the others are not as was thought. */
  ended: Set<number>
  /** Of the claim: null when it found nothing. */
  fence: number | null
  /** The claim had been made before, and stands. */
  again: boolean
  /** Of the new claim, in the order of their places. */
  rows: Row[]
}

export async function takeTurn(
  session: Session,
  store: Store,
  ends: End[],
  claim: ClaimRequest | null,
): Promise<Turned> {
  const [first, ...rows] = await session.rows(turn, [store.clock.offset, ...claimValues(claim), ...endValues(ends)])
  const ended = textOrNull(first?.['input'])
  return {
    now: store.clock.saw(first?.['seq']),
    ended: new Set(ended === null ? [] : ended.split(',').map(Number)),
    fence: numberOrNull(first?.['created_at']),
    again: first?.['live'] === true,
    rows,
  }
}

function claimValues(claim: ClaimRequest | null): Value[] {
  const begun = (claim?.begun ?? []).toSorted((a, b) => a.fence - b.fence)
  return [
    claim?.workerId ?? null,
    claim?.claimId ?? null,
    claim?.max ?? 0,
    claim?.leaseMs ?? 0,
    claim?.begins ?? 0,
    texts([...new Set(claim?.queues)]),
    numbers(begun.map(({ fence }) => fence)),
    numbers(begun.map((one) => one.begun)),
  ]
}

// In the order of their numbers: whoever ends the same jobs at the same time locks them in the same order.
function endValues(ends: End[]): Value[] {
  const sorted = ends.toSorted((a, b) => a.seq - b.seq)
  return [
    numbers(sorted.map(({ seq }) => seq)),
    numbers(sorted.map(({ fence }) => fence)),
    texts(sorted.map(({ queue }) => queue)),
    lines(sorted.map(({ resultJson }) => resultJson)),
    numbers(sorted.map(({ keepMs }) => keepMs)),
  ]
}

// claim: the first of the ready jobs, leased. Fresh jobs are not written at all: that they are processing follows from
// their lease. Jobs with a past get their new attempt in `live`, and are read whole.
import { fixedPart, parsed, plainPart, text } from '../../engine/stored-rows.ts'
import type { Claimed, ClaimRequest, LeasedJob } from '../../engine/engine.ts'
import type { Lease } from '../../job/record.ts'
import type { Row, Session } from './db.ts'
import { isDuplicate } from './errors.ts'
import { loadBySeqs, withoutInput, type Stored } from './load.ts'
import { claimedFresh } from '../../job/fresh.ts'
import type { Store } from './store.ts'
import { takeTurn, type Turned } from './turn.ts'

export async function claim(session: Session, store: Store, request: ClaimRequest): Promise<Claimed> {
  return claimedFrom(session, store, request, await takeTurn(session, store, [], request))
}

export async function claimAlone(store: Store, request: ClaimRequest): Promise<Claimed> {
  return insistent(() => claim(store.db, store, request))
}

/** Of one claim asked for twice at once, the second is refused as a whole; asked again, it finds the first. */
export async function insistent<T>(run: () => Promise<T>): Promise<T> {
  return run().catch((error: unknown) => {
    if (isDuplicate(error)) return run()
    throw error
  })
}

/** What a turn brought in. */
export async function claimedFrom(
  session: Session,
  store: Store,
  request: ClaimRequest,
  { now, fence, again, rows }: Turned,
): Promise<Claimed> {
  if (fence === null) return { fence: 0, jobs: [] }
  if (again) return sameAgain(session, fence)
  const { workerId, leaseMs, begins } = request
  const lease = { workerId, fence, startedAt: now, expiresAt: now + leaseMs, heartbeatAt: now, held: false }
  const waiting = { ...lease, held: true }
  const past = await loadPast(session, rows)
  const jobs = rows.map((row, n) => past.get(Number(row['seq'])) ?? freshly(row, n < begins ? lease : waiting))
  for (const row of rows)
    if (row['live'] !== true)
      store.memo.keep(text(row['id']), { seq: Number(row['seq']), queue: text(row['queue']), fence })
  store.tell({ ids: jobs.map(({ record }) => record.id), queues: [] })
  return { fence, jobs }
}

// Every record has a lease of its own: whoever holds it may change it.
function freshly(row: Row, lease: Lease): LeasedJob {
  const rare = parsed<Row>(row['rare'])
  const fixed = rare ? fixedPart({ ...row, ...rare }) : plainPart(row)
  return { record: claimedFresh(fixed, { ...lease }, lease.startedAt), inputJson: text(row['input']), steps: [] }
}

async function loadPast(session: Session, rows: Row[]): Promise<Map<number, LeasedJob>> {
  const seqs = rows.flatMap((row) => (row['live'] === true ? [Number(row['seq'])] : []))
  const stored = await loadBySeqs(session, seqs, { input: true, steps: true })
  return new Map(stored.map((job) => [job.seq, leasedFrom(job)]))
}

function leasedFrom({ record, inputJson, steps }: Stored): LeasedJob {
  return { record: withoutInput(record), inputJson, steps }
}

const leasedUnder = `
SELECT d.seq FROM wb.leases l CROSS JOIN unnest(l.seqs) AS s (seq) JOIN wb.leased d ON d.seq = s.seq AND d.fence = l.fence
WHERE l.fence = $1 ORDER BY d.place`

// The reply to an earlier claim was lost: the same leases, as far as they still stand.
async function sameAgain(session: Session, fence: number): Promise<Claimed> {
  const rows = await session.rows(leasedUnder, [fence])
  const seqs = rows.map((row) => Number(row['seq']))
  const stored = await loadBySeqs(session, seqs, { input: true, steps: true })
  return { fence, jobs: stored.filter(({ record }) => record.lease?.fence === fence).map(leasedFrom) }
}

// apply: Changes over records, each only if what it expects still holds. Runs inside a transaction.
import { jsonOrNull, text } from '../../engine/stored-rows.ts'
import type { Applied, Change } from '../../job/change.ts'
import { changed, meets } from '../../job/change.ts'
import { loadById } from './load.ts'
import { dropSteps, putSteps, stepsOf } from './steps.ts'
import { closeLease, dropClosedLease, store } from './store.ts'
import type { Tx } from './tx.ts'

const missing: Applied = { outcome: 'missing' }

export function apply(tx: Tx, changes: Change[]): Applied[] {
  const batch = new PlainEnds(tx)
  const answers = changes.map((change) => batch.tryOne(change) ?? applyOne(tx, change))
  batch.closeLeases()
  return answers
}

function applyOne(tx: Tx, change: Change): Applied {
  const stored = loadById(tx.db, change.id)
  if (!stored) return missing
  const steps = change.expect.withoutSteps ? stepsOf(tx.db, stored.seq) : []
  const verdict = meets(stored.record, change, tx.now, steps)
  if (verdict !== 'yes') return { outcome: verdict }
  const next = changed(stored.record, change, tx.now)
  store(tx, stored, next, change.event)
  dropSteps(tx, stored.seq, change.dropSteps ?? [])
  putSteps(tx, stored.seq, change.steps ?? [])
  return { outcome: 'applied', rev: next.rev, at: tx.now }
}

const findJob = 'SELECT seq, queue, created_at FROM jobs WHERE id = ?'
const takeLeased = 'DELETE FROM leased WHERE seq = ? AND fence = ? AND live = 0'
const findLease = 'SELECT worker_id, started_at FROM leases WHERE fence = ?'
const putDone = `
INSERT INTO done (seq, status, rev, fence, attempt, run_at, started_at, updated_at, completed_at, expires_at, progress, result, worker_id)
VALUES (?, 'completed', 3, ?, 1, ?, ?, ?, ?, ?, 1, ?, ?)`

/**
 * The short path of the commonest life: fresh, claimed once, completed. One delete that is its own guard (the fence
 * must match, and nothing may have been noted meanwhile), one insert; leases are closed once a batch.
 */
class PlainEnds {
  readonly #tx: Tx
  readonly #closed = new Map<number, { workerId: string; startedAt: number; ends: number } | null>()

  constructor(tx: Tx) {
    this.#tx = tx
  }

  /** Null when the change is not of this kind. */
  tryOne(change: Change): Applied | null {
    const fence = plainFence(change)
    if (fence === null) return null
    const { db, now } = this.#tx
    const job = this.#tx.memo.get(change.id) ?? this.#find(change.id)
    const lease = this.#lease(fence)
    if (!job) return missing
    if (!lease || db.sql(takeLeased).run(job.seq, fence).changes !== 1) return null
    lease.ends++
    const result = jsonOrNull(change.set.result)
    db.sql(putDone).run(
      job.seq,
      fence,
      job.createdAt,
      lease.startedAt,
      now,
      now,
      now + (change.keepMs ?? 0),
      result,
      lease.workerId,
    )
    this.#tx.counters.move(job.queue, 'processing', 'completed')
    this.#tx.touched({ id: change.id, queue: job.queue, status: 'completed' })
    this.#tx.memo.forget(change.id)
    return { outcome: 'applied', rev: 3, at: now }
  }

  closeLeases(): void {
    for (const [fence, lease] of this.#closed) {
      if (!lease || lease.ends === 0) continue
      this.#tx.db.sql(closeLease).run(lease.ends, fence)
      this.#tx.db.sql(dropClosedLease).run(fence)
    }
  }

  #lease(fence: number): { workerId: string; startedAt: number; ends: number } | null {
    const known = this.#closed.get(fence)
    if (known !== undefined) return known
    const row = this.#tx.db.sql(findLease).get(fence)
    const lease = row ? { workerId: text(row['worker_id']), startedAt: Number(row['started_at']), ends: 0 } : null
    this.#closed.set(fence, lease)
    return lease
  }

  #find(id: string): { seq: number; queue: string; createdAt: number } | null {
    const row = this.#tx.db.sql(findJob).get(id)
    return row ? { seq: Number(row['seq']), queue: text(row['queue']), createdAt: Number(row['created_at']) } : null
  }
}

function plainFence({ to, expect, event, input }: Change): number | null {
  const plain = to === 'completed' && event.type === 'completed' && input === undefined && expect.fence !== undefined
  return plain && expect.rev === undefined && expect.cancelRequested === undefined && !expect.leaseExpired
    ? (expect.fence ?? null)
    : null
}

// One page of a bulk action: all its jobs in one write; those that moved meanwhile are decided anew, one by one.
import type { Engine } from '../../engine/engine.ts'
import type { Change } from '../../job/change.ts'
import { cancel, retried } from '../../job/decide.ts'
import { WaybillError } from '../../job/errors.ts'
import type { JobRecord } from '../../job/record.ts'
import type { Control } from '../../submit/control.ts'
import type { BulkAction } from './wish.ts'

export interface Hands {
  engine: Engine
  control: Control
}

const wish = { reason: 'bulk cancel' }
/** Jobs that are erased at the same time. */
const together = 16

const decisions: Record<Exclude<BulkAction, 'purge'>, (job: JobRecord) => Change | null> = {
  cancel: (job) => (job.cancelRequestedAt === null ? cancel(job, wish) : null),
  retry: (job) => retried(job),
}

/** Answers how many were done. */
export async function act(action: BulkAction, jobs: JobRecord[], hands: Hands): Promise<number> {
  if (action === 'purge') return countDone(jobs, ({ id }) => hands.control.purge(id))
  const changes = jobs.flatMap((job) => decisions[action](job) ?? [])
  if (changes.length === 0) return 0
  const { applied } = await hands.engine.apply(changes)
  const moved = changes.filter((_, i) => applied[i]?.outcome !== 'applied')
  const again = {
    cancel: (id: string) => hands.control.cancel(id, wish),
    retry: (id: string) => hands.control.retry(id),
  }
  return changes.length - moved.length + (await countDone(moved, ({ id }) => again[action](id)))
}

// A job that has ended, gone or begun again by itself meanwhile is none of ours any more; a store that is away is not that.
async function countDone<T>(items: T[], run: (item: T) => Promise<unknown>): Promise<number> {
  let done = 0
  const attempt = async (item: T) => {
    try {
      await run(item)
      done++
    } catch (error) {
      if (!(error instanceof WaybillError) || error.status >= 500) throw error
    }
  }
  for (let from = 0; from < items.length; from += together) {
    const results = await Promise.allSettled(items.slice(from, from + together).map(attempt))
    for (const result of results) if (result.status === 'rejected') throw result.reason
  }
  return done
}

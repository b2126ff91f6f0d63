// restore: a job of another store goes in as it was there, behind all that are here; what is known here stays as it is.
import type { SavedJob } from '../../engine.ts'
import { refuseLeased, startByOf } from '../../saved.ts'
import type { Store } from './store.ts'

export function restore(store: Store, jobs: SavedJob[], now: number): ('stored' | 'present')[] {
  refuseLeased(jobs)
  return jobs.map((job) => restoreOne(store, job, now))
}

function restoreOne(store: Store, job: SavedJob, now: number): 'stored' | 'present' {
  const { input: _, ...record } = job.record
  if (store.jobs.has(record.id) || (store.tombstones.get(record.id)?.expiresAt ?? 0) > now) return 'present'
  const { inputJson, timeline, steps, logs } = job
  const ticket = ++store.ticket
  store.fence = Math.max(store.fence, record.fence)
  store.jobs.set(record.id, {
    record,
    inputJson,
    timeline: [...timeline],
    steps: [...steps],
    logs: [...logs],
    born: ticket,
    ticket,
    place: 0,
    startBy: startByOf(job),
  })
  return 'stored'
}

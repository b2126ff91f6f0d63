// A list of jobs, the newest first: what a new view of a job makes of it. Pure.
import type { Job } from '../client/index.ts'

/** A page shows so many at most; older ones are left out. */
const mostListed = 200

/** The list with this view in it, unless it holds a newer one. `known`: jobs that it does not hold stay out. */
export function listed(jobs: readonly Job[], job: Job, only?: 'known'): readonly Job[] {
  const at = jobs.findIndex(({ id }) => id === job.id)
  const known = jobs[at]
  if (known) return known.rev >= job.rev ? jobs : jobs.with(at, job)
  if (only === 'known') return jobs
  return [job, ...jobs].sort(newestFirst).slice(0, mostListed)
}

function newestFirst(a: Job, b: Job): number {
  if (a.createdAt !== b.createdAt) return a.createdAt < b.createdAt ? 1 : -1
  return a.id < b.id ? 1 : -1
}

/** The same for filters that say the same. */
export function keyOf(filter: object): string {
  const said = Object.entries(filter).filter(([, value]) => value !== undefined)
  return JSON.stringify(said.sort(([a], [b]) => (a < b ? -1 : 1)))
}

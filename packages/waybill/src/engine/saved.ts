// Jobs on their way from one store to another: how they are read there, and what every engine asks of those that it is
// to restore.
import { WaybillError } from '../job/errors.ts'
import { limits } from '../job/limits.ts'
import { isEnd } from '../job/status.ts'
import { isGone, type JobDetails, type ReadEngine, type SavedJob } from './engine.ts'

/** The jobs as they stand, in order of `ids`; those that are gone by now are left out. */
export async function saved(engine: ReadEngine, ids: string[]): Promise<SavedJob[]> {
  const found = await engine.get(ids, { input: true, timeline: true, steps: true })
  const there = found.flatMap((one) => (one === null || isGone(one) ? [] : [one]))
  const jobs: SavedJob[] = []
  for (let from = 0; from < there.length; from += together)
    jobs.push(...(await Promise.all(there.slice(from, from + together).map((one) => savedOne(engine, one)))))
  return jobs
}

/** Jobs whose log lines are read at the same time. */
const together = 8

async function savedOne(engine: ReadEngine, { record, timeline = [], steps = [] }: JobDetails): Promise<SavedJob> {
  const { input = null, ...rest } = record
  const logs = record.fence === 0 ? [] : await engine.logs(record.id, 0, limits['logLines'])
  return { record: rest, inputJson: JSON.stringify(input), timeline, steps, logs }
}

/** Throws `bad_request` when one of the jobs is being run: what its worker says next would be lost. */
export function refuseLeased(jobs: SavedJob[]): void {
  const leased = jobs.find(({ record }) => record.lease !== null || record.status === 'processing')
  if (leased)
    throw new WaybillError(
      'bad_request',
      `restore: job ${leased.record.id} is being run; stop the workers, and restore it once it is given back`,
    )
}

/** Nothing has happened to it since its insert: its spec says all. */
export function isUntouched({ record }: SavedJob): boolean {
  return record.rev === 1 && record.status === 'pending'
}

/** Until when it must have started, as long as that is still asked: it has neither begun nor ended yet. */
export function startByOf({ record, timeline }: SavedJob): number | null {
  const { startWithinMs } = record.policy
  const over = isEnd(record.status) || timeline.some(({ type }) => type === 'claimed' || type === 'retried')
  return startWithinMs === null || over ? null : record.createdAt + startWithinMs
}

/** The highest fence that any of the jobs was ever leased under: the next one in this store must be higher. */
export function highestFence(jobs: SavedJob[]): number {
  return Math.max(0, ...jobs.map(({ record }) => record.fence))
}

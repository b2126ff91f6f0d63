// What a bulk action is to do: which action, to which jobs, how many at most. Pure, with its checks.
import type { JobFilter } from '../../engine/engine.ts'
import { WaybillError } from '../../job/errors.ts'
import type { Status } from '../../job/status.ts'

export const bulkActions = ['cancel', 'retry', 'purge'] as const
export type BulkAction = (typeof bulkActions)[number]

/** Jobs that one bulk action may touch. */
export const bulkMost = 100_000

export interface BulkWish {
  action: BulkAction
  filter: JobFilter
  /** Default and most: `bulkMost`. The oldest jobs come first. */
  max?: number
}

interface Reach {
  may: readonly Status[]
  unlessSaid: Status[]
}

const reaches: Record<BulkAction, Reach> = {
  cancel: {
    may: ['scheduled', 'pending', 'waiting', 'processing'],
    unlessSaid: ['scheduled', 'pending', 'waiting', 'processing'],
  },
  retry: { may: ['failed', 'cancelled'], unlessSaid: ['failed'] },
  purge: { may: ['completed', 'failed', 'cancelled'], unlessSaid: ['completed', 'failed', 'cancelled'] },
}

/** The filter with its statuses. Throws `bad_request` for a filter that says nothing, or statuses that the action cannot touch. */
export function reachOf({ action, filter }: BulkWish): JobFilter {
  if (Object.keys(filter).length === 0)
    throw refused('/filter', 'an empty filter would mean every job; name a queue, a type, a status or a time')
  const { may, unlessSaid } = reaches[action]
  const stray = filter.status?.find((status) => !may.includes(status))
  if (stray !== undefined)
    throw refused('/filter/status', `${action} is for jobs that are ${may.join(', ')}; not for ${stray} ones`)
  return { ...filter, status: filter.status ?? unlessSaid }
}

/** A `bad_request` that says where. */
export function refused(pointer: string, detail: string): WaybillError {
  return new WaybillError('bad_request', `${pointer}: ${detail}`, { errors: [{ pointer, detail }] })
}

// Whether both stores hold the same: how many jobs there are in each queue and status.
import { statuses, type Status } from '../../job/status.ts'
import type { Stores } from './stores.ts'

export interface Difference {
  queue: string
  status: Status
  from: number
  to: number
}

export async function differences({ from, to }: Stores): Promise<Difference[]> {
  const [here, there] = await Promise.all([from.queues(), to.queues()])
  const countsOf = (rows: typeof here, queue: string) => rows.find((row) => row.queue === queue)?.counts
  const queues = new Set([...here, ...there].map(({ queue }) => queue))
  return [...queues].flatMap((queue) =>
    statuses
      .map((status) => ({
        queue,
        status,
        from: countsOf(here, queue)?.[status] ?? 0,
        to: countsOf(there, queue)?.[status] ?? 0,
      }))
      .filter((row) => row.from !== row.to),
  )
}

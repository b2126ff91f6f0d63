// What a measurement is given, what it hands back, and the few words that all of them use.
import { quantile } from '../../figures.ts'
import type { Contestant } from '../contestants.ts'
import type { Director, Place, Result, Task } from '../director.ts'
import type { Extent } from '../extent.ts'
import type { Roles } from '../roles.ts'
import type { Fresh } from '../stores.ts'

export type Unit = 'jobs/s' | 'updates/s' | 'reads/s' | 'ms' | 's' | 'MB' | 'B/job' | 'jobs' | 'x'

export interface Found {
  figure: string
  value: number
  unit: Unit
}

export interface Stage {
  director: Director
  contestant: Contestant
  /** Prepared and empty. */
  store: Fresh
  extent: Extent
}

export interface Measure {
  name: string
  /** Takes so long that it runs only when it is asked for by name. */
  onlyWhenAsked?: boolean
  run(stage: Stage): Promise<Found[]>
}

/** One-at-a-time round trips: clients on one processor, the server on another, so that none wins by sharing its caches. */
export const clientCpu = 0
export const serverCpu = 1

export const placeOf = ({ contestant, store }: Stage): Place => ({ contestant, url: store.url })

/** Has one part played and waits for what it hands back. */
export function play<R extends keyof Roles>(stage: Stage, role: R, task: Task<R>, cpu?: number): Promise<Result<R>> {
  return stage.director.start(placeOf(stage), role, task, cpu).result
}

export async function pinned<T>({ store }: Stage, use: () => Promise<T>): Promise<T> {
  store.pin(serverCpu)
  try {
    return await use()
  } finally {
    store.unpin()
  }
}

export function quantiles(figure: string, samples: number[]): Found[] {
  if (samples.length === 0) return []
  return [
    { figure: `${figure}, p50`, value: quantile(samples, 0.5), unit: 'ms' },
    { figure: `${figure}, p99`, value: quantile(samples, 0.99), unit: 'ms' },
  ]
}

// Who takes part: each queue on each of its stores, at its defaults and at its best documented settings, and what it
// keeps of a job that ended. Waybill takes part at its defaults alone.
import type { Peer } from './peer.ts'

export type StoreName = 'sqlite' | 'postgres' | 'redis'

export interface Contestant {
  name: string
  store: StoreName
  tuned: boolean
  /** As it is published; its version is printed. */
  package: string
  keeps: string
  keepsNothing: boolean
  settings: string
  /** Whether its workers can report progress. */
  hasProgress: boolean
  /** Loaded by the processes that play a part for it, so that none carries another's code in its memory. */
  peer(): Promise<Peer>
}

const nothing = 'nothing'
const all = 'status, result, owner index, attempts and timeline, for 24 h'

const ours = (store: StoreName): Contestant => ({
  name: `waybill ${store}`,
  store,
  tuned: false,
  package: 'waybill',
  keeps: all,
  keepsNothing: false,
  settings: 'none but the URL and the concurrency',
  hasProgress: true,
  peer: async () => (await import('./adapters/waybill.ts')).waybill(),
})

/** One entry for the defaults, one for the best settings. */
const both = (
  of: Pick<Contestant, 'name' | 'store' | 'package' | 'keeps' | 'hasProgress'>,
  tuned: { keeps: string; settings: string },
  peer: (tuned: boolean) => Promise<Peer>,
): Contestant[] => [
  {
    ...of,
    tuned: false,
    keepsNothing: of.keeps === nothing,
    settings: 'none but the concurrency',
    peer: () => peer(false),
  },
  {
    ...of,
    ...tuned,
    name: `${of.name}, tuned`,
    tuned: true,
    keepsNothing: tuned.keeps === nothing,
    peer: () => peer(true),
  },
]

export const contestants: Contestant[] = [
  ours('redis'),
  ...both(
    { hasProgress: true, name: 'bullmq', store: 'redis', package: 'bullmq', keeps: 'data, result, times; for ever' },
    { keeps: nothing, settings: 'removeOnComplete {count: 0}' },
    async (tuned) => (await import('./adapters/bullmq.ts')).bullmqOnRedis(tuned),
  ),
  ...both(
    {
      hasProgress: true,
      name: 'bee-queue',
      store: 'redis',
      package: 'bee-queue',
      keeps: 'data, status; no result; for ever',
    },
    {
      keeps: nothing,
      settings:
        'removeOnSuccess, storeJobs, getEvents and sendEvents off unless a producer listens, checkStalledJobs(5000)',
    },
    async (tuned) => (await import('./adapters/bee.ts')).bee(tuned),
  ),
  ours('postgres'),
  ...both(
    {
      hasProgress: true,
      name: 'bullmq postgres',
      store: 'postgres',
      package: 'bullmq',
      keeps: 'data, result, times; for ever',
    },
    { keeps: nothing, settings: 'removeOnComplete {count: 0}, pool of 20' },
    async (tuned) => (await import('./adapters/bullmq.ts')).bullmqOnPostgres(tuned),
  ),
  ...both(
    {
      hasProgress: false,
      name: 'pg-boss',
      store: 'postgres',
      package: 'pg-boss',
      keeps: 'data, output, state, times, for 7 days',
    },
    {
      keeps: 'data, output, state, times, for 7 days',
      settings:
        'batchSize 500, burstWhenBatchFull, 2 loops, useListenNotify and notify, partition, heartbeatSeconds 10, superviseIntervalSeconds and monitorIntervalSeconds 10, polling 0.5 s, pool of 20',
    },
    async (tuned) => (await import('./adapters/pg-boss.ts')).pgBoss(tuned),
  ),
  ...both(
    { hasProgress: false, name: 'graphile-worker', store: 'postgres', package: 'graphile-worker', keeps: nothing },
    {
      keeps: nothing,
      settings: 'localQueue.size 500, completeJobBatchDelay 0, failJobBatchDelay 0, producer pool of 20',
    },
    async (tuned) => (await import('./adapters/graphile-worker.ts')).graphileWorker(tuned),
  ),
  ours('sqlite'),
]

export function contestant(name: string): Contestant {
  const found = contestants.find((one) => one.name === name)
  if (!found) throw new Error(`no contestant "${name}"; there are: ${contestants.map((one) => one.name).join(', ')}`)
  return found
}

// What the project wants of itself beside its peers, as ratios of medians of one run. Printed with ✓ or ✗, never asserted:
// a busy machine is no bug.
import type { Summary } from './summary.ts'

export interface Verdict {
  text: string
  at: 'least' | 'most'
  wanted: number
  /** Undefined where a side was not measured. */
  got: number | undefined
}

interface Target {
  store: 'redis' | 'postgres'
  text: string
  figures: string[]
  peers: string[]
  at: 'least' | 'most'
  wanted: number
}

const bee = ['bee-queue', 'bee-queue, tuned']
const bullmq = ['bullmq', 'bullmq, tuned']
const graphile = ['graphile-worker', 'graphile-worker, tuned']
const drains = [1, 50, 200].map((concurrency) => `drain, concurrency ${concurrency}`)
const inFlight = ['enqueue, 64 in flight']
const bulk = ['enqueue in bulk, 1,000 a call']
const pickup = ['pickup, p50']

const least = (store: Target['store'], text: string, figures: string[], peers: string[], wanted: number): Target => ({
  store,
  text,
  figures,
  peers,
  at: 'least',
  wanted,
})
const most = (...of: Parameters<typeof least>): Target => ({ ...least(...of), at: 'most' })

const ratios: Target[] = [
  least('redis', 'Redis drain ÷ best of BullMQ', drains, bullmq, 4),
  least('redis', 'Redis drain ÷ best of bee-queue', drains, bee, 2),
  least('redis', 'Redis enqueue, 64 in flight ÷ best of bee-queue', inFlight, bee, 1),
  least('redis', 'Redis enqueue in bulk ÷ best of BullMQ', bulk, bullmq, 2),
  most('redis', 'Redis pickup p50 ÷ best of bee-queue', pickup, bee, 1),
  most('redis', 'Redis completion seen p50 ÷ best of bee-queue', ['completion seen, p50'], bee, 1),
  most('redis', 'Redis bytes a queued job ÷ BullMQ', ['a queued job'], ['bullmq'], 0.75),
  most('redis', 'Redis bytes a finished job ÷ BullMQ', ['a finished job'], ['bullmq'], 0.65),
  least('postgres', 'PostgreSQL drain ÷ best of graphile-worker', drains, graphile, 1.25),
  least('postgres', 'PostgreSQL drain ÷ graphile-worker at its defaults', drains, ['graphile-worker'], 15),
  least('postgres', 'PostgreSQL enqueue, 64 in flight ÷ best of graphile-worker', inFlight, graphile, 15),
  least('postgres', 'PostgreSQL enqueue in bulk ÷ best of graphile-worker', bulk, graphile, 1),
  most('postgres', 'PostgreSQL pickup p50 ÷ best of graphile-worker', pickup, graphile, 1),
]

const leaseSeconds = 15

export function verdicts(summary: Summary): Verdict[] {
  const ours = ['waybill redis', 'waybill postgres', 'waybill sqlite']
  return [
    ...ratios.map(({ store, figures, peers, ...target }) => ({
      ...target,
      got: quotient(summary.best([`waybill ${store}`], figures), summary.best(peers, figures)),
    })),
    { text: 'SQLite drain, jobs/s', at: 'least', wanted: 90_000, got: summary.best(['waybill sqlite'], drains) },
    {
      text: 'SQLite enqueue, 64 in flight, jobs/s',
      at: 'least',
      wanted: 35_000,
      got: summary.best(['waybill sqlite'], inFlight),
    },
    ...ours.flatMap((one): Verdict[] => [
      {
        text: `${one}: seconds to recover from kill -9`,
        at: 'most',
        wanted: leaseSeconds + 2,
        got: summary.of(one, 'recovery after kill -9'),
      },
      {
        text: `${one}: drain with 1 M finished kept ÷ with none`,
        at: 'least',
        wanted: 0.9,
        got: summary.of(one, 'drain with many kept ÷ with none'),
      },
      { text: `${one}: jobs lost`, at: 'most', wanted: 0, got: summary.of(one, 'not run again in time') },
    ]),
  ]
}

export function isMet({ at, wanted, got }: Verdict): boolean | undefined {
  if (got === undefined) return undefined
  return at === 'least' ? got >= wanted : got <= wanted
}

function quotient(ours: number | undefined, theirs: number | undefined): number | undefined {
  return ours === undefined || theirs === undefined ? undefined : ours / theirs
}

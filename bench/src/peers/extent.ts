// How much work a run does: `full` for figures to quote, `quick` to see in a test that everything still runs.
export interface Extent {
  /** False: PostgreSQL syncs nothing, for a run of which no figure means anything. */
  durable: boolean
  /** All measurements of a contestant on one store, instead of an empty one for each. */
  oneStoreEach: boolean
  rounds: number
  /** Lone enqueues. */
  alone: number
  /** How long measurements last that count what gets done: 64 in flight, reads. */
  ms: number
  drain: number
  concurrencies: number[]
  /** A drain that takes longer is judged by what it got done; the slowest peers do one job in two seconds. */
  drainLimitMs: number
  /** Finished jobs that pile up before the last drain of `kept`. */
  kept: number
  latency: number
  latencyLimitMs: number
  flood: number
  beats: number
  read: number
  idleMs: number
  /** One measurement of one contestant takes no longer, or has failed. */
  measureLimitMs: number
  held: number
  rescueLimitMs: number
  rescueLingerMs: number
}

export const full: Extent = {
  durable: true,
  oneStoreEach: false,
  rounds: 3,
  alone: 500,
  ms: 1_500,
  drain: 50_000,
  concurrencies: [1, 50, 200],
  drainLimitMs: 6_000,
  kept: 1_000_000,
  latency: 300,
  latencyLimitMs: 8_000,
  flood: 2_000,
  beats: 60,
  read: 1_000,
  idleMs: 3_000,
  measureLimitMs: 120_000,
  held: 100,
  rescueLimitMs: 65_000,
  rescueLingerMs: 3_000,
}

export const quick: Extent = {
  durable: false,
  oneStoreEach: true,
  rounds: 1,
  alone: 3,
  ms: 30,
  drain: 20,
  concurrencies: [50],
  drainLimitMs: 500,
  kept: 20,
  latency: 2,
  latencyLimitMs: 300,
  flood: 3,
  beats: 3,
  read: 3,
  idleMs: 10,
  measureLimitMs: 20_000,
  held: 3,
  rescueLimitMs: 1_000,
  rescueLingerMs: 10,
}

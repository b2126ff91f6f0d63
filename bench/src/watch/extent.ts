// How much work a run does: `full` for figures to quote, `quick` to see in a test that everything still runs.

export interface Extent {
  /** False: PostgreSQL syncs nothing, for a run of which no figure means anything. */
  durable: boolean
  rounds: number
  /** Clients that poll, each a running job of its own. */
  pollers: number
  pollEveryMs: number
  polls: number
  /** How long each load of status reads lasts. */
  loadMs: number
  streams: number
  streamsMs: number
  jobsPerSecond: number
  /** Progress updates that a subscriber sees. */
  updates: number
  updateEveryMs: number
  /** Jobs that are polled while the accelerator is well, and while it is paused, and how often in all. */
  pausedJobs: number
  pausedPollsPerSecond: number
  pausedMs: number
  drain: number
  /** Drains of each kind on one engine. */
  drains: number
  watchersOfOthers: number
  watchersOfOwn: number
}

export const full: Extent = {
  durable: true,
  rounds: 3,
  pollers: 100,
  pollEveryMs: 5_000,
  polls: 12,
  loadMs: 1_000,
  streams: 10_000,
  streamsMs: 10_000,
  jobsPerSecond: 1_000,
  updates: 60,
  updateEveryMs: 300,
  pausedJobs: 200,
  pausedPollsPerSecond: 400,
  pausedMs: 6_000,
  drain: 30_000,
  drains: 7,
  watchersOfOthers: 1_000,
  watchersOfOwn: 100,
}

export const quick: Extent = {
  durable: false,
  rounds: 1,
  pollers: 10,
  pollEveryMs: 100,
  polls: 5,
  loadMs: 50,
  streams: 20,
  streamsMs: 1_500,
  jobsPerSecond: 20,
  updates: 3,
  updateEveryMs: 100,
  pausedJobs: 5,
  pausedPollsPerSecond: 50,
  pausedMs: 300,
  drain: 300,
  drains: 1,
  watchersOfOthers: 10,
  watchersOfOwn: 5,
}

// What is left when a worker is killed while it holds jobs: one worker takes them and never ends them, another stands by.
import { setTimeout as pause } from 'node:timers/promises'
import type { Peer } from '../peer.ts'
import { now } from './latency.ts'

const settledMs = 3_000

/** Takes jobs and keeps them; `holding` is called when all have begun, or a while after the first has (some wait inside). */
export async function hold(peer: Peer, url: string, jobs: number, holding: () => void): Promise<void> {
  let begun = 0
  const handler = async () => {
    if (++begun === jobs) holding()
    if (begun === 1) setTimeout(holding, settledMs)
    await new Promise(() => {})
  }
  await peer.runner(url, { concurrency: jobs, handler, events: false })
  await new Promise(() => {}) // until it is killed
}

export interface Rescued {
  /** When the last job that came ran, and how many different ones did. */
  lastAt: number
  jobs: number
  /** Jobs that this worker ran more than once. */
  twice: number
}

/** Runs what comes, until all jobs have or the time is over, and a moment longer to see whether any comes twice. */
export async function rescue(
  peer: Peer,
  url: string,
  task: { jobs: number; limitMs: number; lingerMs: number },
  ready: () => void,
): Promise<Rescued> {
  const runs = new Map<number, number>()
  let lastAt = 0
  let allRan = () => {}
  const all = new Promise<void>((resolve) => (allRan = resolve))
  const handler = async ({ n }: { n: number }) => {
    if (!runs.has(n)) lastAt = now()
    runs.set(n, (runs.get(n) ?? 0) + 1)
    if (runs.size === task.jobs) allRan()
  }
  const over = new AbortController()
  const runner = await peer.runner(url, { concurrency: task.jobs, handler, events: false })
  ready()
  await Promise.race([all, pause(task.limitMs, null, { signal: over.signal })])
  over.abort()
  await pause(task.lingerMs)
  await runner.close()
  return { lastAt, jobs: runs.size, twice: [...runs.values()].filter((times) => times > 1).length }
}

// Drain: the worker process runs jobs that do nothing until the store itself says that all have ended, or the time is
// over. Counted from the first job that begins, so connecting and loading count for nobody.
import { setTimeout as pause } from 'node:timers/promises'
import type { Peer, Producer } from '../peer.ts'

export interface Drained {
  /** Jobs that ended. */
  jobs: number
  ms: number
}

export interface DrainTask {
  jobs: number
  concurrency: number
  limitMs: number
}

export async function drain(peer: Peer, url: string, looks: Producer, task: DrainTask): Promise<Drained> {
  let ran = 0
  let start = 0
  let allRan = () => {}
  const ranAll = new Promise<void>((resolve) => (allRan = resolve))
  const handler = async () => {
    if (ran === 0) start = performance.now()
    if (++ran === task.jobs) allRan()
  }
  const over = new AbortController()
  const runner = await peer.runner(url, { concurrency: task.concurrency, handler, events: false })
  await Promise.race([ranAll, pause(task.limitMs, null, { signal: over.signal })])
  if (ran >= task.jobs) await ended(looks, task.limitMs)
  const drained = { jobs: ran, ms: performance.now() - start }
  over.abort()
  await runner.close()
  return drained
}

async function ended(looks: Producer, limitMs: number): Promise<void> {
  const until = performance.now() + limitMs
  while ((await looks.unfinished()) > 0) {
    if (performance.now() > until) throw new Error(`all jobs ran, and ${limitMs} ms later the store says otherwise`)
    await pause(1)
  }
}

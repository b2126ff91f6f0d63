// Progress: how many updates a second a job can make, and how late a subscriber in another process sees one (or a newer
// one: peers may leave out values that were overtaken). Values are i/1000, so a seen value names its update.
import { setTimeout as pause } from 'node:timers/promises'
import type { Peer, Producer, Runner } from '../peer.ts'
import { input } from '../peer.ts'
import { now } from './latency.ts'

const steps = 1_000
const beatMs = 50

/** One job that makes `updates` updates at a beat. Hands back when each was made. */
export async function beat(peer: Peer, url: string, updates: number): Promise<{ made: number[]; runner: Runner }> {
  const made: number[] = []
  const handler = async (_: unknown, progress: (value: number) => Promise<void>) => {
    for (let i = 1; i <= updates; i++) {
      made.push(now())
      await progress(i / steps)
      await pause(beatMs)
    }
  }
  const runner = await peer.runner(url, { concurrency: 1, handler, events: true })
  return { made, runner }
}

/** Follows one such job: which update was seen when. */
export async function follow(producer: Producer): Promise<[update: number, at: number][]> {
  const seen: [number, number][] = []
  await producer.addAndFollow?.(input(0), (value) => seen.push([Math.round(value * steps), now()]))
  return seen
}

/** Milliseconds from each update to the moment it, or a newer one, was seen. Updates never seen are left out. */
export function lateness(made: number[], seen: [update: number, at: number][]): number[] {
  return made.flatMap((at, i) => {
    const first = seen.find(([update]) => update > i)
    return first ? [Math.max(0, first[1] - at)] : []
  })
}

/** Updates a second that one job makes as quickly as it can, each awaited as the peer's call asks. */
export async function flood(peer: Peer, url: string, updates: number): Promise<number> {
  let done: (ms: number) => void = () => {}
  const took = new Promise<number>((resolve) => (done = resolve))
  const handler = async (_: unknown, progress: (value: number) => Promise<void>) => {
    const start = performance.now()
    for (let i = 1; i <= updates; i++) await progress(i / updates)
    done(performance.now() - start)
  }
  const runner = await peer.runner(url, { concurrency: 1, handler, events: true })
  const ms = await took
  await runner.close()
  return Math.round((updates / ms) * 1_000)
}

// The producer's acts: filling a queue, and enqueueing one at a time, with many callers in flight, and in bulk.
import { perSecond } from '../../figures.ts'
import { input, type Producer } from '../peer.ts'

const aCall = 1_000
/** Of one go, of which a queue sees two: so that no contestant meets its cap. */
const mostQueued = 45_000

/** Milliseconds of each call. */
export async function alone(producer: Producer, n: number): Promise<number[]> {
  const samples: number[] = []
  for (let i = 0; i < n; i++) {
    const start = performance.now()
    await producer.add(input(i))
    samples.push(performance.now() - start)
  }
  return samples
}

/** Jobs a second that `callers` get stored in about `ms`, or until the queue holds enough. */
export async function inFlight(producer: Producer, callers: number, ms: number): Promise<number> {
  let count = 0
  const start = performance.now()
  const caller = async () => {
    while (count < mostQueued && performance.now() - start < ms) await producer.add(input(count++))
  }
  await Promise.all(Array.from({ length: callers }, caller))
  return perSecond(count, performance.now() - start)
}

/** Jobs a second, a thousand a call, one call after another. */
export async function bulk(producer: Producer, n: number): Promise<number> {
  const start = performance.now()
  for (let at = 0; at < n; at += aCall)
    await producer.addMany(Array.from({ length: Math.min(aCall, n - at) }, (_, i) => input(at + i)))
  return perSecond(n, performance.now() - start)
}

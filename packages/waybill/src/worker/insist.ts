// A call to the engine that is made again while the store is away. What a worker has to say is kept until it can be said.
import { isOutage } from '../job/errors.ts'
import { pause, type Clock } from '../lib/clock.ts'

export interface Patience {
  clock: Clock
  /** Told of every failure. */
  troubled(error: unknown): void
}

const longestWaitMs = 2_000

/** Throws what is no outage at once, and an outage once `signal` is aborted (after one last try). */
export async function insist<T>(call: () => Promise<T>, patience: Patience, signal: AbortSignal): Promise<T> {
  for (let wait = 100; ; wait = Math.min(wait * 2, longestWaitMs)) {
    try {
      return await call()
    } catch (error) {
      if (!isOutage(error) || signal.aborted) throw error
      patience.troubled(error)
    }
    await pause(patience.clock, wait, signal, true)
  }
}

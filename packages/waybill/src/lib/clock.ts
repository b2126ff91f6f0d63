// Time, handed in. Everything that waits or reads the time takes a Clock, so that tests and simulations own it.
// The only product code that may touch Date.now and setTimeout.

/** A source of time and timers. All values are milliseconds; `now` counts from the Unix epoch. */
export interface Clock {
  now(): number
  /** Runs `fn` once after `ms`; the returned function forgets it. Only with `keepsAlive` does the timer hold the process. */
  after(ms: number, fn: () => void, keepsAlive?: boolean): () => void
  /**
   * `after` for looks that come again and again, of which none is worth anything by itself: a clock of tests may let them
   * come sooner or later. Left out: as `after`.
   */
  look?(ms: number, fn: () => void, keepsAlive?: boolean): () => void
}

/** The clock for whoever only looks, again and again, whether there is something to do. */
export function looking(clock: Clock): Clock {
  if (!clock.look) return clock
  return { now: () => clock.now(), after: clock.look.bind(clock) }
}

const longestTimer = 2 ** 31 - 1

export const systemClock: Clock = {
  now: () => Date.now(),
  after(ms, fn, keepsAlive = false) {
    const timer = setTimeout(fn, Math.min(Math.max(ms, 0), longestTimer))
    if (!keepsAlive) timer.unref()
    return () => clearTimeout(timer)
  },
}

/** For measuring spans: setting the machine's date does not move it. Its `now` counts from no date at all. */
export const steadyClock: Clock = { now: () => performance.now(), after: (...args) => systemClock.after(...args) }

/** Resolves after `ms`, or at once when `signal` aborts; never rejects. With `keepsAlive` the process waits for it. */
export function pause(clock: Clock, ms: number, signal?: AbortSignal, keepsAlive = false): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve()
    const done = () => {
      forget()
      signal?.removeEventListener('abort', done)
      resolve()
    }
    const forget = clock.after(ms, done, keepsAlive)
    signal?.addEventListener('abort', done, { once: true })
  })
}

// Time, chance and fetch, handed in so that tests own them. The defaults are what every browser and server runtime has.

export interface ClientEnv {
  fetch: typeof fetch
  now(): number
  /** Runs `fn` after `ms`; the answer forgets it. */
  after(ms: number, fn: () => void): () => void
  random(): number
}

export const defaultEnv: ClientEnv = {
  fetch: (input, init) => fetch(input, init),
  now: () => Date.now(),
  after(ms, fn) {
    const timer = setTimeout(fn, ms)
    return () => clearTimeout(timer)
  },
  random: () => Math.random(),
}

/** Resolves after `ms`, or at once when `signal` aborts. */
export function rest(env: ClientEnv, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve()
    const done = () => {
      forget()
      signal.removeEventListener('abort', done)
      resolve()
    }
    const forget = env.after(ms, done)
    signal.addEventListener('abort', done, { once: true })
  })
}

/** A wait for retry number `n` (1 is the first): exponential, full jitter, at most 30 s. */
export function backoff(env: ClientEnv, n: number): number {
  return env.random() * Math.min(30_000, 250 * 2 ** n)
}

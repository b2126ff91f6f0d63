// How long to wait before trying again, and the waiting.
import type { ClientEnv } from './env.ts'

/** Resolves after `ms`, or at once when `signal` aborts. */
export function rest(env: ClientEnv, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve()
    const done = () => {
      forget()
      signal?.removeEventListener('abort', done)
      resolve()
    }
    const forget = env.after(ms, done)
    signal?.addEventListener('abort', done, { once: true })
  })
}

/** Whoever waits for the server to come back sees that it has within this time. */
const longestBackoffMs = 5_000

/** A wait for retry number `n` (1 is the first): exponential, full jitter. */
function backoff(env: ClientEnv, n: number): number {
  return env.random() * Math.min(longestBackoffMs, 250 * 2 ** Math.min(n, 10))
}

/** The server's own pace ± 20 %, so that pages opened together do not ask together. */
export function paced(env: ClientEnv, ms: number): number {
  return ms * (0.8 + 0.4 * env.random())
}

/** What the server told to wait, never less and up to a fifth more; else the backoff. */
export function retryWait(env: ClientEnv, toldMs: number | null, n: number): number {
  return toldMs === null ? backoff(env, n) : toldMs * (1 + 0.2 * env.random())
}

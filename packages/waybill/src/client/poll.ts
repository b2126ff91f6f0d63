// The lower rungs of the ladder: a long poll that waits for the next rev, or a conditional GET at the server's own pace.
import { backoff, rest } from './env.ts'
import { asError, retryAfterOf, WaybillClientError } from './errors.ts'
import type { Follower } from './follower.ts'
import { mayPass, type Transport } from './transport.ts'
import { fromWire, type Job } from './views.ts'

const longPollSeconds = 25
const defaultPaceMs = 2_000

/** Follows one job by asking again and again, until it is over or `signal` aborts. */
export async function poll(transport: Transport, follower: Follower, signal: AbortSignal): Promise<void> {
  let etag: string | null = null
  let longPoll = true
  for (let failures = 0; !signal.aborted && !follower.over; ) {
    try {
      const response: Response = await transport.once(pathOf(follower.id, longPoll && etag !== null), {
        signal,
        headers: etag === null ? {} : { 'if-none-match': etag },
      })
      failures = 0
      etag = response.headers.get('etag') ?? etag
      if (response.status === 200) follower.offer(fromWire<Job>(await response.json()))
      if (!longPoll && !follower.over)
        await rest(transport.env, spread(retryAfterOf(response) ?? defaultPaceMs, transport.env.random()), signal)
    } catch (error) {
      if (signal.aborted) return
      if (!mayPass(error)) return follower.fail(asError(error))
      if (++failures >= 2) longPoll = false // something on the way does not like long answers
      const wait = error instanceof WaybillClientError ? error.retryAfterMs : null
      await rest(transport.env, wait ?? backoff(transport.env, failures), signal)
    }
  }
}

function pathOf(id: string, wait: boolean): string {
  return `/jobs/${encodeURIComponent(id)}${wait ? `?wait=${longPollSeconds}` : ''}`
}

// ± 20 %, so that pages opened together do not ask together.
function spread(ms: number, chance: number): number {
  return ms * (0.8 + 0.4 * chance)
}

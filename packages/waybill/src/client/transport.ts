// One request to the API: token, deadline, errors, and the retries that can do no harm.
import type { ClientEnv } from './env.ts'
import { errorOf, mayPass, networkError, timeoutError, WaybillClientError } from './errors.ts'
import { rest, retryWait } from './rest.ts'
import { ServerClock } from './server-clock.ts'
import { Token, type TokenSource } from './token.ts'
import { Watchdog } from './watchdog.ts'

export interface Ask {
  method?: string
  headers?: Record<string, string>
  body?: unknown
  signal?: AbortSignal | undefined
  /** May be sent again when no answer came (reads, and writes with an idempotency key). Default: GET only. */
  repeatable?: boolean
  /** The whole exchange takes so long at most. Default 30 s. */
  deadlineMs?: number
}

const tries = 4
const longestRetryAfterMs = 30_000
const defaultDeadlineMs = 30_000

// The limits of a user: whoever submits hears of them at once, since waiting alone seldom helps.
function isUsedUp(error: unknown): boolean {
  return error instanceof WaybillClientError && ['too_many_active', 'quota_exceeded'].includes(error.code)
}

export class Transport {
  readonly url: string
  readonly env: ClientEnv
  readonly clock: ServerClock
  readonly #token: Token

  constructor(url: string, token: TokenSource | undefined, env: ClientEnv) {
    this.url = url.replace(/\/$/, '')
    this.env = env
    this.clock = new ServerClock(() => env.now())
    this.#token = new Token(token)
  }

  /** The body of the answer. Throws WaybillClientError for status ≥ 400 and when no answer came, after some tries. */
  async json(path: string, ask: Ask = {}): Promise<unknown> {
    const repeatable = ask.repeatable ?? (ask.method ?? 'GET') === 'GET'
    for (let n = 1; ; n++) {
      try {
        return await this.once(path, ask, bodyOf)
      } catch (error) {
        const told = error instanceof WaybillClientError ? error.retryAfterMs : null
        if (!repeatable || n >= tries || !mayPass(error) || isUsedUp(error) || (told ?? 0) > longestRetryAfterMs)
          throw error
        await rest(this.env, retryWait(this.env, told, n), ask.signal)
        ask.signal?.throwIfAborted()
      }
    }
  }

  /** The same, asked once; `read` makes of the answer (304 included) what is wanted, within the deadline. */
  async once<T>(path: string, ask: Ask, read: (response: Response, dog: Watchdog) => Promise<T>): Promise<T> {
    const { signal, deadlineMs = defaultDeadlineMs } = ask
    const dog = new Watchdog(this.env, signal)
    dog.patience(deadlineMs)
    try {
      const response = await this.#authorized(path, ask, dog.signal)
      if (response.status >= 400) throw await errorOf(response, this.env.now())
      return await read(response, dog)
    } catch (error) {
      signal?.throwIfAborted()
      throw dog.bit ? timeoutError(path.split('?')[0] ?? path, error) : error
    } finally {
      dog.stop()
    }
  }

  // With a fresh token when the one at hand is refused; once.
  async #authorized(path: string, ask: Ask, signal: AbortSignal): Promise<Response> {
    const used = await this.#token.get(signal)
    const response = await this.#send(path, ask, used, signal)
    if (response.status !== 401 || !this.#token.refused(used)) return response
    await response.body?.cancel()
    return this.#send(path, ask, await this.#token.get(signal), signal)
  }

  async #send(path: string, ask: Ask, token: string | null, signal: AbortSignal): Promise<Response> {
    const { method = 'GET', headers, body } = ask
    try {
      return await this.env.fetch(this.url + path, {
        method,
        headers: {
          accept: 'application/json',
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...(token === null ? {} : { authorization: `Bearer ${token}` }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal,
      })
    } catch (error) {
      throw networkError('the server could not be reached', error)
    }
  }
}

/** The JSON of an answer; null when it has none. */
export async function bodyOf(response: Response): Promise<unknown> {
  if (response.status === 204) return null
  try {
    return await response.json()
  } catch (error) {
    throw networkError('the answer was cut off, or something on the way gave it', error)
  }
}

// One request to the API: token, errors, and the retries that can do no harm.
import { backoff, rest, type ClientEnv } from './env.ts'
import { errorOf, networkError, WaybillClientError } from './errors.ts'
import { Token, type TokenSource } from './token.ts'

export interface Ask {
  method?: string
  headers?: Record<string, string>
  body?: unknown
  signal?: AbortSignal | undefined
  /** May be sent again when no answer came (reads, and writes with an idempotency key). Default: GET only. */
  repeatable?: boolean
}

const tries = 4
const longestRetryAfterMs = 30_000

export class Transport {
  readonly url: string
  readonly env: ClientEnv
  readonly #token: Token

  constructor(url: string, token: TokenSource | undefined, env: ClientEnv) {
    this.url = url.replace(/\/$/, '')
    this.env = env
    this.#token = new Token(token)
  }

  /** The answer, 304 included. Throws WaybillClientError for status ≥ 400 and when no answer came. */
  async ask(path: string, ask: Ask = {}): Promise<Response> {
    const repeatable = ask.repeatable ?? (ask.method ?? 'GET') === 'GET'
    for (let n = 1; ; n++) {
      try {
        return await this.once(path, ask)
      } catch (error) {
        if (!repeatable || n >= tries || ask.signal?.aborted || !mayPass(error)) throw error
        const wait = error instanceof WaybillClientError ? error.retryAfterMs : null
        await rest(
          this.env,
          Math.min(wait ?? backoff(this.env, n), longestRetryAfterMs),
          ask.signal ?? new AbortController().signal,
        )
      }
    }
  }

  /** The same, asked once; only a refused token is renewed. */
  async once(path: string, ask: Ask): Promise<Response> {
    const used = this.#token.get()
    const response = await this.#send(path, ask, used ? await used : null)
    if (response.status === 401 && this.#token.refused(used)) {
      const fresh = this.#token.get()
      return passed(await this.#send(path, ask, fresh ? await fresh : null))
    }
    return passed(response)
  }

  async json(path: string, ask: Ask = {}): Promise<unknown> {
    const response = await this.ask(path, ask)
    return response.status === 204 ? null : response.json()
  }

  async #send(path: string, { method = 'GET', headers, body, signal }: Ask, token: string | null): Promise<Response> {
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
        ...(signal ? { signal } : {}),
      })
    } catch (error) {
      throw signal?.aborted ? error : networkError(error)
    }
  }
}

async function passed(response: Response): Promise<Response> {
  if (response.status >= 400) throw await errorOf(response)
  return response
}

/** An error that another try may cure. */
export function mayPass(error: unknown): boolean {
  return error instanceof WaybillClientError && [0, 408, 425, 429, 500, 502, 503, 504].includes(error.status)
}

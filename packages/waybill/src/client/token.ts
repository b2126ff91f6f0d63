// The caller's token: a text, or a factory that is asked again when the server no longer takes what it gave. Callers
// that meet a 401 at the same time share one question.
import { networkError } from './errors.ts'

export type TokenSource = string | (() => string | Promise<string>)

export class Token {
  readonly #source: TokenSource | null
  #asked: Promise<string> | null = null
  #known: string | null = null

  constructor(source: TokenSource | undefined) {
    this.#source = source ?? null
  }

  /** Null when there is none to send. Rejects with an error that may pass when the factory fails, or `signal` aborts. */
  async get(signal: AbortSignal): Promise<string | null> {
    if (this.#source === null || typeof this.#source === 'string') return this.#source
    const asked = (this.#asked ??= this.#ask(this.#source))
    try {
      return await orAbort(asked, signal)
    } catch (error) {
      if (this.#asked === asked) this.#asked = null
      throw error
    }
  }

  /** The server refused `used`: true when another one may be had. */
  refused(used: string | null): boolean {
    if (this.#known !== null && this.#known === used) this.#asked = this.#known = null
    return typeof this.#source === 'function'
  }

  async #ask(source: () => string | Promise<string>): Promise<string> {
    this.#known = null
    try {
      return (this.#known = await source())
    } catch (error) {
      throw networkError('the function that gets a token failed', error)
    }
  }
}

function orAbort<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(networkError('the function that gets a token did not answer'))
    signal.addEventListener('abort', abort, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}

// The caller's token: a text, or a factory that is asked again when the server no longer takes what it gave. Callers
// that meet a 401 at the same time share one question.

export type TokenSource = string | (() => string | Promise<string>)

export class Token {
  readonly #source: TokenSource | null
  #known: Promise<string> | null = null

  constructor(source: TokenSource | undefined) {
    this.#source = source ?? null
  }

  /** Null when there is none to send. */
  get(): Promise<string> | null {
    if (this.#source === null) return null
    this.#known ??= this.#ask()
    return this.#known
  }

  /** The server refused `used`: true when another one may be had. */
  refused(used: Promise<string> | null): boolean {
    if (typeof this.#source !== 'function') return false
    if (this.#known === used) this.#known = null
    return true
  }

  #ask(): Promise<string> {
    const source = this.#source
    const asked = Promise.resolve(typeof source === 'function' ? source() : (source ?? ''))
    asked.catch(() => (this.#known = null))
    return asked
  }
}

// Gives up what has become silent: a dead connection looks just like a quiet one. Also passes on the caller's abort.
import type { ClientEnv } from './env.ts'

export class Watchdog {
  readonly #env: ClientEnv
  readonly #outer: AbortSignal | undefined
  readonly #controller = new AbortController()
  readonly #abort = () => this.#controller.abort(this.#outer?.reason)
  #forget: () => void = () => {}
  #bit = false

  constructor(env: ClientEnv, outer: AbortSignal | undefined) {
    this.#env = env
    this.#outer = outer
    if (outer?.aborted) this.#abort()
    outer?.addEventListener('abort', this.#abort, { once: true })
  }

  /** For the request that is watched over. */
  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /** True when it gave up by itself. */
  get bit(): boolean {
    return this.#bit
  }

  /** From now on, `ms` are given. */
  patience(ms: number): void {
    this.#forget()
    this.#forget = this.#env.after(ms, () => {
      this.#bit = true
      this.#controller.abort()
    })
  }

  /** Nothing is waited for at this moment. */
  calm(): void {
    this.#forget()
  }

  stop(): void {
    this.#forget()
    this.#outer?.removeEventListener('abort', this.#abort)
    this.#controller.abort()
  }
}

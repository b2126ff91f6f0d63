// One worker in the line: looks when it is its turn, and leaves when it was served, when its time is up, or when looking
// fails. Whoever is told to leave in the middle of a look leaves with what the look brings.

export class Waiter {
  /** Resolves when it leaves; rejects with what its look threw. */
  readonly over: Promise<void>
  readonly #find: () => Promise<boolean>
  readonly #settle: { resolve(): void; reject(error: unknown): void }
  #looking = false
  #leaves = false

  /** `find` tells whether there was something. */
  constructor(find: () => Promise<boolean>) {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.over = promise
    this.#find = find
    this.#settle = { resolve, reject }
  }

  get isOver(): boolean {
    return this.#leaves
  }

  leave(): void {
    this.#leaves = true
    if (!this.#looking) this.#settle.resolve()
  }

  /** Whether it was served. Never rejects. */
  async look(): Promise<boolean> {
    this.#looking = true
    try {
      const served = await this.#find()
      this.#looking = false
      if (served || this.#leaves) this.leave()
      return served
    } catch (error) {
      this.#leaves = true
      this.#settle.reject(error)
      return false
    }
  }
}

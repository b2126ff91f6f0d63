// What the server's clock shows, as far as its streams have told: this machine's may be wrong by minutes, and times in
// jobs are the server's.

export class ServerClock {
  readonly #here: () => number
  #aheadMs = 0

  constructor(here: () => number) {
    this.#here = here
  }

  /** The server says that it is `time` now. */
  told(time: number): void {
    this.#aheadMs = time - this.#here()
  }

  now(): number {
    return this.#here() + this.#aheadMs
  }
}

// Who writes when: streams that have something to send wait in a row, each once. After a few milliseconds of writing the
// event loop goes round, so that a change with ten thousand watchers holds up nobody else.
import type { Clock } from '../../lib/clock.ts'

const sliceMs = 8

export interface Writer {
  /** It is its turn: writes what it has. */
  write(): void
}

export class Turns {
  readonly #clock: Clock
  readonly #waiting = new Set<Writer>()
  #asked = false

  constructor(clock: Clock) {
    this.#clock = clock
  }

  ask(writer: Writer): void {
    this.#waiting.add(writer)
    this.#goOn()
  }

  drop(writer: Writer): void {
    this.#waiting.delete(writer)
  }

  #goOn(): void {
    if (this.#asked) return
    this.#asked = true
    setImmediate(() => this.#slice())
  }

  #slice(): void {
    this.#asked = false
    const until = this.#clock.now() + sliceMs
    for (const writer of this.#waiting) {
      this.#waiting.delete(writer)
      writer.write()
      if (this.#clock.now() >= until) break
    }
    if (this.#waiting.size > 0) this.#goOn()
  }
}

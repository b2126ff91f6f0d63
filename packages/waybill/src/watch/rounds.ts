// Runs one piece of work again and again on request: the first request at once, then with a gap that grows with the
// work's own cost, so that under a storm of hints reading takes at most a fifth of the time. Never two at once.
import type { Clock } from '../lib/clock.ts'

export class Rounds {
  readonly #clock: Clock
  readonly #run: () => Promise<void>
  readonly #gapMs: number
  #wanted = false
  #running = false
  #notBefore = 0
  #timer: { at: number; forget: () => void } | null = null
  #closed = false

  /** `run` must not reject. */
  constructor(clock: Clock, gapMs: number, run: () => Promise<void>) {
    this.#clock = clock
    this.#gapMs = gapMs
    this.#run = run
  }

  /** Asks for a round, `inMs` from now at the earliest. */
  ask(inMs = 0): void {
    if (this.#closed) return
    const now = this.#clock.now()
    const at = Math.max(now + inMs, this.#notBefore)
    if (this.#running && inMs === 0) this.#wanted = true
    else if (at <= now) void this.#round()
    else this.#setTimer(at, now)
  }

  close(): void {
    this.#closed = true
    this.#timer?.forget()
  }

  #setTimer(at: number, now: number): void {
    if (this.#timer && this.#timer.at <= at) return
    this.#timer?.forget()
    const fire = () => {
      this.#timer = null
      this.ask()
    }
    this.#timer = { at, forget: this.#clock.after(at - now, fire) }
  }

  async #round(): Promise<void> {
    this.#running = true
    this.#wanted = false
    const began = this.#clock.now()
    await this.#run()
    const ended = this.#clock.now()
    this.#notBefore = ended + Math.max(this.#gapMs, 4 * (ended - began))
    this.#running = false
    if (this.#wanted) this.ask()
  }
}

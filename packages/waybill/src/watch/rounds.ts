// Runs one piece of work again and again on request, never two at once. Each round is paid for with rest, so that under a
// storm of hints reading takes a small share of the time; a little may be owed, so that a few short rounds follow each
// other at once.
import type { Clock } from '../lib/clock.ts'

export interface Terms {
  /** How much may be owed. */
  creditMs: number
  /** Of all time, what rounds may take: with 5 a fifth. */
  partOf: number
}

export class Rounds {
  readonly #clock: Clock
  readonly #run: () => Promise<void>
  readonly #terms: Terms
  #wanted = false
  #running = false
  /** Until when what ran is paid for. */
  #paidUntil = 0
  #timer: { at: number; forget: () => void } | null = null
  #closed = false

  /** `run` must not reject. */
  constructor(clock: Clock, terms: Terms, run: () => Promise<void>) {
    this.#clock = clock
    this.#terms = terms
    this.#run = run
  }

  /** Asks for a round, `inMs` from now at the earliest. */
  ask(inMs = 0): void {
    if (this.#closed) return
    const now = this.#clock.now()
    const at = Math.max(now + inMs, this.#paidUntil - this.#terms.creditMs)
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
    this.#paidUntil = Math.max(this.#paidUntil, began) + this.#terms.partOf * (this.#clock.now() - began)
    this.#running = false
    if (this.#wanted) this.ask()
  }
}

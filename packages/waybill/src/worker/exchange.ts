// The round trips of a worker: what ended goes out, permits are asked for, the next jobs come in, all in one call.
import type { Claimed, Engine, WriteEngine } from '../engine/engine.ts'
import type { Ends } from './ends.ts'
import type { Patience } from './insist.ts'
import { settle } from './settle.ts'
import type { Plan, Supply } from './supply.ts'

export interface ExchangeParts extends Patience {
  engine: WriteEngine & Pick<Engine, 'can'>
  ends: Ends
  supply: Supply
  /** False once the worker takes no more jobs. */
  open(): boolean
  /** Jobs have come. */
  claimed(fence: number, jobs: number): void
  /** A call is over. */
  done(): void
}

/** Calls under way at once: one on its way there, one being worked on, one on its way back. */
const callsMost = 3

export class Exchange {
  readonly #parts: ExchangeParts
  /** Aborted when nothing more is taken: a call that only asks for jobs is not insisted on any longer. */
  readonly #closing = new AbortController()
  /** Aborted when nothing more is sent. */
  readonly #over = new AbortController()
  #calls = 0
  #planned = false

  constructor(parts: ExchangeParts) {
    this.#parts = parts
  }

  get idle(): boolean {
    return this.#calls === 0
  }

  /** Takes no more jobs from now on. */
  close(): void {
    this.#closing.abort()
  }

  /** Insists no longer on anything. */
  end(): void {
    this.#closing.abort()
    this.#over.abort()
  }

  // At the end of the turn, when all that ends in it has ended: one full call instead of several thin ones. A store that
  // works elsewhere gets a share as soon as it is full: it works on that while the worker works on the rest.
  look(): void {
    if (this.#hasShare()) return void this.#call()
    if (this.#planned || !this.#hasBusiness()) return
    this.#planned = true
    setImmediate(() => {
      this.#planned = false
      if (this.#hasBusiness()) void this.#call()
    })
  }

  #hasShare(): boolean {
    const { engine, ends, supply, clock } = this.#parts
    return engine.can.remote && this.#calls < callsMost && ends.waiting >= supply.share(clock.now())
  }

  #hasBusiness(): boolean {
    if (this.#calls >= callsMost) return false
    const { ends, supply, clock } = this.#parts
    if (this.#calls === 0) return ends.waiting > 0 || (this.#parts.open() && supply.wants(clock.now()))
    return ends.waiting > 0 && !this.#parts.engine.can.remote
  }

  async #call(): Promise<void> {
    const { engine, ends, supply, clock } = this.#parts
    const { ended, ran } = ends.takeAll()
    const now = clock.now()
    supply.ended(ran, now)
    const plan = this.#parts.open() ? supply.plan(now) : null
    const { signal } = ended.length === 0 ? this.#closing : this.#over
    let came: Claimed | null = null
    this.#calls++
    try {
      const { answers, claimed } = await settle(engine, ended, plan?.request ?? null, this.#parts, signal)
      for (const answer of answers) ends.report(answer)
      came = claimed
    } catch (error) {
      ends.giveUp(ended, error)
    }
    this.#calls--
    if (plan) this.#take(came, plan)
    this.#parts.done()
  }

  #take(claimed: Claimed | null, plan: Plan): void {
    if (claimed && claimed.jobs.length > 0) this.#parts.claimed(claimed.fence, claimed.jobs.length)
    this.#parts.supply.take(claimed, plan, this.#parts.clock.now())
  }
}

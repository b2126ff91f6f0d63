// Moves time: from one moment at which something happens to the next, never past one, and only when all is at rest.
//
//   at rest? ─▶ next moment (a timer, or what the store says) ─▶ time is there: timers, then looks until nothing moves ─┐
//      ▲                                                                                                                │
//      └────────────────────────────────────────────────────────────────────────────────────────────────────────────────┘
import type { Faults } from './faults.ts'
import { allJobs, momentsOf } from './moments.ts'
import { realMs, realNow, refuseFakeTimers, turn } from './real-time.ts'
import type { Store } from './store.ts'
import type { VirtualClock } from './virtual-clock.ts'

export interface DriverParts {
  clock: VirtualClock
  store: Store
  faults: Faults
  /** Ids of the workers that live. */
  alive: () => ReadonlySet<string>
  /** Real time after which what does not come to rest never will. */
  patienceMs: number
}

/** So many turns of the event loop without a call to the store: all is at rest. */
const quietTurns = 6
/** Looks that move something are repeated; more often than this nothing does. */
const mostRounds = 50
const firstStepMs = 1_000
const longestStepMs = 3_600_000

export class Driver {
  readonly #parts: DriverParts
  /** How far time goes while jobs wait for a worker: anew from a second whenever something has moved. */
  #step = { ms: firstStepMs, moves: 0 }

  constructor(parts: DriverParts) {
    this.#parts = parts
  }

  /** Nothing moves any more unless time does, or a handler that is at work on something else. */
  async rest(): Promise<void> {
    refuseFakeTimers()
    const { store, patienceMs } = this.#parts
    const until = realNow() + Math.max(patienceMs, 5_000)
    for (let quiet = 0, turns = 0, seen = store.activity; quiet < quietTurns; turns++) {
      await (store.waiting > 0 && turns > 20 ? realMs(1) : turn())
      quiet = store.waiting === 0 && store.activity === seen ? quiet + 1 : 0
      seen = store.activity
      if (realNow() > until) throw new Error(restless)
    }
  }

  /** What is due now happens, and what follows from it. While the store is away looks would find nothing. */
  async now(): Promise<void> {
    const { clock, store } = this.#parts
    await this.#timers()
    for (let round = 0; round < mostRounds && !this.#isAway(); round++) {
      const before = store.moves
      for (const whose of ['workers', 'others'] as const) {
        clock.fireLooks(whose)
        await this.#timers()
      }
      if (store.moves === before) return
    }
    if (!this.#isAway()) throw new Error(restless)
  }

  /** The next moment at which something may happen; infinite: none. */
  async next(): Promise<number> {
    const { clock, store, faults, alive } = this.#parts
    if (this.#isAway()) return Math.min(clock.next, faults.until)
    const jobs = await allJobs(store.real)
    const shift = clock.now() - store.real.now()
    const moments = (await momentsOf(store.real, jobs, alive())).map((at) => Math.ceil(at + shift))
    if (jobs.some(({ status }) => status === 'pending')) moments.push(clock.now() + this.#stepMs())
    return Math.min(clock.next, ...moments)
  }

  async advanceTo(target: number): Promise<void> {
    const { clock } = this.#parts
    await this.now()
    while (clock.now() < target) {
      clock.moveTo(Math.min(target, await this.next()))
      await this.now()
    }
  }

  /** Lets timers come, those of the next seconds too, until `doing` has ended. */
  async during<T>(what: string, doing: Promise<T>): Promise<T> {
    let ended = false
    const end = (): void => void (ended = true)
    doing.then(end, end)
    const until = realNow() + Math.max(this.#parts.patienceMs, 5_000)
    for (await this.#timers(); !ended; await this.#timers()) {
      if (realNow() > until) throw new Error(`testWaybill: ${what} does not end`)
      await this.toTimer(10_000)
    }
    return doing
  }

  /** Moves to the next timer if it is so near; else waits a real millisecond. */
  async toTimer(withinMs: number): Promise<void> {
    const { clock } = this.#parts
    if (clock.next > clock.now() + withinMs) return realMs(1)
    clock.moveTo(clock.next)
    await this.#timers()
  }

  async #timers(): Promise<void> {
    do await this.rest()
    while (this.#parts.clock.fireTimers())
  }

  #isAway(): boolean {
    const { clock, faults } = this.#parts
    return faults.until > clock.now()
  }

  #stepMs(): number {
    const { moves } = this.#parts.store
    const ms = moves === this.#step.moves ? Math.min(this.#step.ms * 2, longestStepMs) : firstStepMs
    this.#step = { ms, moves }
    return ms
  }
}

const restless =
  'testWaybill: this does not come to rest: something calls the store again and again, and time would never go on'

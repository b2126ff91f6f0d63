// Time that stands still until it is moved. Timers come in their order when time reaches them; looks (lib/clock.ts) come
// whenever the driver wants them to, for it knows when something may have happened.
import { looking, type Clock } from '../lib/clock.ts'

interface Timer {
  at: number
  fn: () => void
}

export class VirtualClock implements Clock {
  /** For workers: their looks come before those of upkeep, so that who lives renews its leases in time. */
  readonly forWorkers: Clock = {
    now: () => this.#now,
    after: (ms, fn) => this.after(ms, fn),
    look: (ms, fn) => this.#set(this.#workersLooks, ms, fn),
  }
  readonly #timers = new Set<Timer>()
  readonly #workersLooks = new Set<Timer>()
  readonly #looks = new Set<Timer>()
  #now: number

  constructor(now: number) {
    this.#now = now
  }

  now(): number {
    return this.#now
  }

  after(ms: number, fn: () => void): () => void {
    return this.#set(this.#timers, ms, fn)
  }

  look(ms: number, fn: () => void): () => void {
    return this.#set(this.#looks, ms, fn)
  }

  /** When the next timer comes; infinite: none will. */
  get next(): number {
    return Math.min(...[...this.#timers].map(({ at }) => at), Number.POSITIVE_INFINITY)
  }

  moveTo(at: number): void {
    this.#now = Math.max(this.#now, at)
  }

  /** Lets the timers come whose time this is. True: there were some. */
  fireTimers(): boolean {
    const due = [...this.#timers].filter(({ at }) => at <= this.#now).toSorted((a, b) => a.at - b.at)
    for (const timer of due) if (this.#timers.delete(timer)) timer.fn()
    return due.length > 0
  }

  /** Lets all looks of one kind come, whenever they were meant to. */
  fireLooks(whose: 'workers' | 'others'): void {
    const looks = whose === 'workers' ? this.#workersLooks : this.#looks
    const all = Array.from(looks) // not those that are set meanwhile
    for (const timer of all) if (looks.delete(timer)) timer.fn()
  }

  #set(timers: Set<Timer>, ms: number, fn: () => void): () => void {
    const timer = { at: this.#now + Math.max(0, Math.ceil(ms)), fn }
    timers.add(timer)
    return () => void timers.delete(timer)
  }
}

/** The clock of one worker: when its process dies nothing that it has set comes any more. */
export class MortalClock implements Clock {
  readonly #clock: Clock
  readonly #set = new Set<() => void>()
  #dead = false

  constructor(clock: Clock) {
    this.#clock = clock
  }

  now(): number {
    return this.#clock.now()
  }

  after(ms: number, fn: () => void): () => void {
    return this.#on(this.#clock, ms, fn)
  }

  look(ms: number, fn: () => void): () => void {
    return this.#on(looking(this.#clock), ms, fn)
  }

  die(): void {
    this.#dead = true
    for (const forget of this.#set) forget()
    this.#set.clear()
  }

  #on(clock: Clock, ms: number, fn: () => void): () => void {
    if (this.#dead) return () => {}
    const forget = clock.after(ms, () => {
      this.#set.delete(forget)
      fn()
    })
    this.#set.add(forget)
    return () => {
      this.#set.delete(forget)
      forget()
    }
  }
}

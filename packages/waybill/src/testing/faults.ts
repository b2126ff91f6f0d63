// What shall go wrong: the next calls of a verb, the next calls of any, or all of them for a time.
import type { Engine } from '../engine/engine.ts'
import type { Clock } from '../lib/clock.ts'

/** Calls that can be made to fail. `apply` stores outcomes and moves, `note` progress, logs and steps, `extend` is the heartbeat. */
export type FaultyVerb = (typeof faultyVerbs)[number]

export const faultyVerbs = ['insert', 'claim', 'apply', 'note', 'extend', 'get'] as const

/** `before`: nothing was done. `after`: it was done, and the answer was lost. */
export type Fault = 'before' | 'after'

export class Faults {
  readonly #clock: Clock
  readonly #planned: { verb: FaultyVerb; fault: Fault }[] = []
  #calls = 0
  #until = Number.NEGATIVE_INFINITY

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** When the store is back by itself; in the past: it is not away. */
  get until(): number {
    return this.#until
  }

  failNext(verb: FaultyVerb, fault: Fault): void {
    this.#planned.push({ verb, fault })
  }

  failCalls(count: number): void {
    this.#calls += count
  }

  failFor(ms: number): void {
    this.#until = Math.max(this.#until, this.#clock.now() + ms)
  }

  clear(): void {
    this.#planned.length = this.#calls = 0
    this.#until = Number.NEGATIVE_INFINITY
  }

  /** What shall become of this call. */
  of(verb: string): Fault | null {
    if (this.#clock.now() < this.#until) return 'before'
    const at = this.#planned.findIndex((one) => one.verb === verb)
    if (at >= 0) return this.#planned.splice(at, 1)[0]?.fault ?? null
    if (this.#calls === 0) return null
    this.#calls--
    return 'before'
  }
}

/** The verb of a call: `apply` without a change only claims. */
export function verbOf(name: string, given: readonly unknown[]): string {
  return name === 'apply' && Array.isArray(given[0]) && given[0].length === 0 ? 'claim' : name
}

/** Whether a call has moved something that others may wait for. Heartbeats and leads have not. */
export function hasMoved(name: keyof Engine, given: readonly unknown[], answer: unknown): boolean {
  if (name === 'apply' || name === 'note') return Array.isArray(given[0]) && given[0].length > 0
  if (name === 'insert' || name === 'restore') return true
  return (name === 'putDoc' || name === 'purge') && Boolean(answer)
}

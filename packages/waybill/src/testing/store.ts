// The real engine as a test sees it: every call is counted, so that it is known when all is at rest, and may be made to fail.
// A worker has a line of its own to it, which is cut when its process dies.
import type { Engine } from '../engine/engine.ts'
import { WaybillError } from '../job/errors.ts'
import { hasMoved, verbOf, type Faults } from './faults.ts'

/** Answered from memory: they cannot fail. */
const passedOn: ReadonlySet<string> = new Set(['now', 'stamp', 'hearing', 'watch', 'close', 'migrate', 'schema'])

type Call = (name: keyof Engine, given: unknown[], run: (given: unknown[]) => unknown) => unknown

export class Store {
  /** Past all faults: for the test's own looks. */
  readonly real: Engine
  /** What everybody but the test works with. */
  readonly engine: Engine
  readonly #faults: Faults
  /** Calls that wait for an answer. */
  waiting = 0
  /** Calls made, and calls answered. */
  activity = 0
  /** Calls that moved something. */
  moves = 0

  constructor(real: Engine, faults: Faults) {
    this.real = real
    this.#faults = faults
    this.engine = over(real, (name, given, run) => (passedOn.has(name) ? run(given) : this.#call(name, given, run)))
  }

  async #call(name: keyof Engine, given: unknown[], run: (given: unknown[]) => unknown): Promise<unknown> {
    this.activity++
    this.waiting++
    try {
      const fault = this.#faults.of(verbOf(name, given))
      if (fault === 'before') throw outage(name)
      const answer = await run(given)
      if (hasMoved(name, given, answer)) this.moves++
      if (fault === 'after') throw outage(name)
      return answer
    } finally {
      this.activity++
      this.waiting--
    }
  }
}

/** A worker's way to the store. After the cut no call of it is answered, and nothing is heard. */
export function lineTo(store: Engine): { engine: Engine; cut: () => void } {
  const hears = new Set<() => void>()
  let isCut = false
  const engine = over(store, (name, given, run) => {
    if (name === 'watch') return heard(hears, run(given))
    if (passedOn.has(name)) return run(given)
    return isCut ? never() : Promise.resolve(run(given)).finally(() => (isCut ? never() : null))
  })
  const cut = () => {
    isCut = true
    for (const stop of hears) stop()
  }
  return { engine, cut }
}

// No second connection is made to it: leases are renewed on the main loop, where time is the test's.
function over(engine: Engine, call: Call): Engine {
  const can = { ...engine.can, shared: false }
  return new Proxy(engine, {
    get(target, name: keyof Engine): unknown {
      if (name === 'can') return can
      const member: unknown = Reflect.get(target, name, target)
      if (typeof member !== 'function') return member
      return (...given: unknown[]): unknown => call(name, given, (all): unknown => Reflect.apply(member, target, all))
    },
  })
}

function heard(hears: Set<() => void>, unwatch: unknown): unknown {
  if (typeof unwatch !== 'function') return unwatch
  const stop = (): void => {
    hears.delete(stop)
    Reflect.apply(unwatch, null, [])
  }
  hears.add(stop)
  return stop
}

function outage(verb: string): WaybillError {
  return new WaybillError('engine_unavailable', `the test took the store away (${verb})`, { retryAfter: 1 })
}

const never = (): Promise<never> => new Promise(() => {})

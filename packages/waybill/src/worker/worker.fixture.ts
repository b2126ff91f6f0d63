// What the tests of worker/ share: a worker built by hand on an engine of one's choice, an engine that can be taken away,
// and a handler that can be held.
import type { Engine } from '../engine/engine.ts'
import { WaybillError } from '../job/errors.ts'
import { systemClock, type Clock } from '../lib/clock.ts'
import { newId } from '../lib/ids.ts'
import type { Bench } from '../waybill.fixture.ts'
import type { WorkerParts } from './parts.ts'
import { Worker } from './worker.ts'

/** A worker with a heartbeat on the main loop; `more` says what is different. */
export function aWorker({ parts }: Bench, more: Partial<WorkerParts> = {}): Worker {
  return new Worker({
    engine: parts.engine,
    engineUrl: null,
    jobs: parts.jobs,
    queues: [],
    concurrency: 4,
    leaseMs: 15_000,
    shutdownGraceMs: 5_000,
    name: 'test',
    clock: parts.clock,
    log: parts.log,
    newId,
    telemetry: parts.telemetry,
    chance: { random: () => 0.5, newRef: () => `err_${newId()}` },
    ...more,
  })
}

type Verb = 'apply' | 'claim' | 'note' | 'extend' | 'get' | 'enrol'

export interface Flaky {
  engine: Engine
  /** From now on these verbs fail; `doneFirst`: after they have done their work, as when a reply is lost. */
  away(verbs: Verb[], options?: { doneFirst?: boolean }): void
  back(): void
  /** How often verbs were refused. */
  refused: number
  /** Resolves at the next refusal. */
  nextRefusal(): Promise<void>
  /** Arguments of the calls to `apply`, refused ones included. */
  applied: Parameters<Engine['apply']>[]
}

/** The real engine, with outages. */
export function flaky(real: Engine): Flaky {
  let down: { verbs: readonly string[]; doneFirst: boolean } = { verbs: [], doneFirst: false }
  const waiting: (() => void)[] = []
  const made: Flaky = {
    engine: real,
    away: (verbs, { doneFirst = false } = {}) => void (down = { verbs, doneFirst }),
    back: () => void (down = { verbs: [], doneFirst: false }),
    refused: 0,
    nextRefusal: () => new Promise((resolve) => waiting.push(resolve)),
    applied: [],
  }
  const refuse = (): never => {
    made.refused++
    for (const resolve of waiting.splice(0)) resolve()
    throw new WaybillError('engine_unavailable', 'taken away by the test')
  }
  const call = async (name: string, run: () => unknown): Promise<unknown> => {
    if (!down.verbs.includes(name)) return run()
    if (down.doneFirst) await run()
    return refuse()
  }
  made.engine = new Proxy(real, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target)
      if (typeof member !== 'function') return member
      const run = (given: unknown[]): unknown => Reflect.apply(member, target, given)
      if (name === 'now' || name === 'watch' || name === 'stamp') return (...given: unknown[]) => run(given)
      return (...given: unknown[]) => {
        if (name === 'apply') made.applied.push(given as Parameters<Engine['apply']>)
        return call(String(name), () => run(given))
      }
    },
  })
  return made
}

/** Holds handlers until they are let go. */
export class Gate {
  /** Ids of jobs that have come to it, in order. */
  readonly came: string[] = []
  #open = Promise.withResolvers<void>()
  #waiting: { count: number; resolve: () => void }[] = []

  async pass(id: string): Promise<void> {
    this.came.push(id)
    for (const one of this.#waiting) if (this.came.length >= one.count) one.resolve()
    await this.#open.promise
  }

  /** Resolves once so many have come. */
  async arrivals(count: number): Promise<string[]> {
    if (this.came.length < count) await new Promise<void>((resolve) => this.#waiting.push({ count, resolve }))
    return this.came
  }

  open(): void {
    this.#open.resolve()
  }
}

/** Rejects with the signal's reason when it is aborted. */
export function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason)
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}

/** The real engine with one verb replaced. */
export function withVerb<V extends 'note' | 'apply' | 'due' | 'enrol' | 'get' | 'insert' | 'putDoc'>(
  real: Engine,
  verb: V,
  run: Engine[V],
): Engine {
  return new Proxy(real, {
    get(target, name): unknown {
      if (name === verb) return run
      const member: unknown = Reflect.get(target, name, target)
      return typeof member === 'function'
        ? (...given: unknown[]): unknown => Reflect.apply(member, target, given)
        : member
    },
  })
}

/** Waits pass ten times as fast; `now` is as ever. */
export const hurried: Clock = {
  now: () => systemClock.now(),
  after: (ms, fn, keepsAlive) => systemClock.after(ms / 10, fn, keepsAlive),
}

// The worker of a test: the real one, in a process that only exists on paper, so that it can die as by kill -9.
import { isOutage } from '../job/errors.ts'
import { newId } from '../lib/ids.ts'
import { newRef, type Parts } from '../parts.ts'
import { Worker } from '../worker/worker.ts'
import { lineTo } from './store.ts'
import { MortalClock } from './virtual-clock.ts'

/** A worker that found the store away is followed by another after so long, as by a supervisor. */
const againMs = 1_000

interface Process {
  worker: Worker
  die: () => void
}

export class Crew {
  readonly #parts: Parts
  #process: Process
  #made = 0

  constructor(parts: Parts) {
    this.#parts = parts
    this.#process = this.#started()
  }

  get alive(): ReadonlySet<string> {
    return new Set([this.#process.worker.id])
  }

  /** Jobs running now. */
  get active(): number {
    return this.#process.worker.active
  }

  /** Nothing the worker does counts from now on, and it tells nobody; another one takes its place. */
  crash(): void {
    this.#process.die()
    this.#process = this.#started()
  }

  stop(): Promise<void> {
    return this.#process.worker.stop({ graceMs: 0 })
  }

  #started(): Process {
    const { settings, operate, world, log, telemetry, engine: store } = this.#parts
    const { queues, concurrency, leaseMs, shutdownGraceMs } = settings
    const { engine, cut } = lineTo(store)
    const clock = new MortalClock(world.steady)
    const chance = { random: world.random, newRef }
    const limits = { queues, concurrency, leaseMs, shutdownGraceMs }
    const name = `test worker ${++this.#made}`
    const means = { engine, engineUrl: null, clock, log, telemetry, newId, chance }
    const worker = new Worker({ ...limits, ...means, name, jobs: operate.runnable })
    const die = () => {
      cut()
      clock.die()
    }
    worker.start().catch((error: unknown) => this.#failed(worker, error))
    return { worker, die }
  }

  #failed(worker: Worker, error: unknown): void {
    const { log, world } = this.#parts
    log.error({ error }, 'the worker of this test could not start')
    if (!isOutage(error)) return
    world.steady.after(againMs, () => (worker === this.#process.worker ? this.crash() : undefined))
  }
}

// All the roles that keep the store in order. Any process may run them, and several at once do no harm.
import type { Engine } from '../engine/engine.ts'
import type { Random } from '../job/decide.ts'
import type { Telemetry } from '../job/telemetry.ts'
import type { Clock } from '../lib/clock.ts'
import type { Logger } from '../lib/log.ts'
import { finishBatches, sweepBatches, type BatchKeeper } from './batches.ts'
import { expire } from './expire.ts'
import type { Firing } from './fire.ts'
import { Loop, type Role } from './loop.ts'
import { promote } from './promote.ts'
import { rescue } from './rescue.ts'
import { schedules } from './schedules.ts'
import { sweep } from './sweep.ts'

export interface UpkeepParts {
  engine: Engine
  batches: BatchKeeper
  clock: Clock
  log: Logger
  telemetry: Telemetry
  random: Random
  newRef: () => string
  /** Tells this process from others. */
  holder: string
  firing: Firing
  /** Of other parts, which upkeep does not know. */
  more?: Role[]
}

export class Upkeep {
  readonly #loops: Loop[]

  constructor(parts: UpkeepParts) {
    const { engine, batches, clock, log, newRef, holder, more = [] } = parts
    const own = [promote(parts), rescue(parts), expire(parts, newRef), sweep(engine, holder), schedules(parts)]
    const roles = [...own, finishBatches(batches), sweepBatches(batches, engine, holder), ...more]
    this.#loops = roles.map((role) => new Loop(role, clock, log))
  }

  /** Starts the roles; those that run already are left alone. */
  start(): void {
    for (const loop of this.#loops) loop.start()
  }

  async stop(): Promise<void> {
    await Promise.all(this.#loops.map((loop) => loop.stop()))
  }
}

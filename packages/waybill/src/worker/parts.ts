// What a worker is made of: handed in, so that tests may hand in something else.
import type { Engine } from '../engine/engine.ts'
import type { AnyJobDefinition } from '../job/definition.ts'
import type { Telemetry } from '../job/telemetry.ts'
import type { Clock } from '../lib/clock.ts'
import type { NewId } from '../lib/ids.ts'
import type { Logger } from '../lib/log.ts'
import type { Isolation } from './isolation/pool.ts'
import type { Chance } from './outcome.ts'

export interface WorkerParts {
  engine: Engine
  /** For the heartbeat's own connection; null: none can be made. */
  engineUrl: string | null
  jobs: ReadonlyMap<string, AnyJobDefinition>
  /** Empty: all queues. */
  queues: string[]
  concurrency: number
  leaseMs: number
  shutdownGraceMs: number
  name: string
  /** Measures spans only: dates are the engine's to say. */
  clock: Clock
  log: Logger
  telemetry: Telemetry
  newId: NewId
  /** Absent: handlers run in this thread. */
  isolation?: Isolation
  chance: Chance
}

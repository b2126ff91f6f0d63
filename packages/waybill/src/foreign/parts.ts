// What the pieces that serve workers elsewhere have in common, and the one answer for whoever holds a lease no longer.
import type { Engine } from '../engine/engine.ts'
import type { Random } from '../job/decide.ts'
import { WaybillError } from '../job/errors.ts'
import type { Telemetry } from '../job/telemetry.ts'
import type { Clock } from '../lib/clock.ts'
import type { Logger } from '../lib/log.ts'
import type { Lease } from './lease-tokens.ts'

export interface ForeignParts {
  engine: Engine
  clock: Clock
  log: Logger
  telemetry: Telemetry
  random: Random
  newRef: () => string
}

export function leaseLost(why = 'the lease is no longer this worker’s'): WaybillError {
  return new WaybillError('lease_lost', `${why}; stop, and drop the result`)
}

/** Whether the hard limit of the attempt has passed. */
export function isOverdue({ startedAt, timeoutMs }: Lease, now: number): boolean {
  return now - startedAt >= timeoutMs
}

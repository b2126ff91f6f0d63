// Ledgers of users with limits that say nothing any more are forgotten, by one process an hour.
import type { WriteEngine } from '../engine/engine.ts'
import type { Role } from './loop.ts'

const hourMs = 3_600_000

/** What this role does is known where jobs are submitted. */
export function sweepQuotas(quotas: { sweep(): Promise<void> }, engine: WriteEngine, holder: string): Role {
  return {
    name: 'sweep quotas',
    restMs: hourMs,
    async bite() {
      if (await engine.lead('sweep quotas', holder, hourMs / 2)) await quotas.sweep()
      return false
    },
  }
}

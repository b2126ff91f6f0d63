// What runs after batches: stored within a second of their last job's end; and batches that nobody knows are forgotten.
import type { WriteEngine } from '../engine/engine.ts'
import type { Role } from './loop.ts'

/** What this role does is known where batches are submitted. */
export interface BatchKeeper {
  finishDue(): Promise<void>
  sweep(): Promise<void>
}

const hourMs = 3_600_000

export function finishBatches(batches: BatchKeeper): Role {
  return {
    name: 'finish batches',
    restMs: 1_000,
    async bite() {
      await batches.finishDue()
      return false
    },
  }
}

export function sweepBatches(batches: BatchKeeper, engine: WriteEngine, holder: string): Role {
  return {
    name: 'sweep batches',
    restMs: hourMs,
    async bite() {
      if (await engine.lead('sweep batches', holder, hourMs / 2)) await batches.sweep()
      return false
    },
  }
}

// Ended jobs past their retention are removed, in bites, by one process at a time.
import type { Engine } from '../engine/engine.ts'
import type { Role } from './loop.ts'

const biteSize = 500
const roleMs = 120_000

export function sweep(engine: Engine, holder: string): Role {
  return {
    name: 'sweep',
    restMs: 60_000,
    async bite() {
      if (!(await engine.lead('sweep', holder, roleMs))) return false
      return (await engine.purge(biteSize)) === biteSize
    },
  }
}

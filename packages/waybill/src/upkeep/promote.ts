// scheduled → pending, when `run_at` has come.
import type { Engine } from '../engine/engine.ts'
import { due } from '../job/decide.ts'
import type { Role } from './loop.ts'

const biteSize = 500

export function promote(engine: Engine): Role {
  return {
    name: 'promote',
    restMs: 100,
    async bite() {
      const jobs = await engine.due('run_at', biteSize)
      if (jobs.length > 0) await engine.apply(jobs.map(due))
      return jobs.length === biteSize
    },
  }
}

// Jobs that were not started by their `start_by` fail as `expired`.
import type { Engine } from '../engine/engine.ts'
import { expired } from '../job/decide.ts'
import type { Role } from './loop.ts'

const biteSize = 500

export function expire(engine: Engine, newRef: () => string): Role {
  return {
    name: 'expire',
    restMs: 500,
    async bite() {
      const jobs = await engine.due('start_by', biteSize)
      if (jobs.length > 0) await engine.apply(jobs.map((job) => expired(job, newRef())))
      return jobs.length === biteSize
    },
  }
}

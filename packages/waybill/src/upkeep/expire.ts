// Jobs that were not started by their `start_by` fail as `expired`.
import { expired } from '../job/decide.ts'
import { Bites, type BiteParts } from './bite.ts'
import type { Role } from './loop.ts'

const biteSize = 500

export function expire(parts: BiteParts, newRef: () => string): Role {
  const bites = new Bites(parts, 'start_by', biteSize, (job) => expired(job, newRef()))
  return { name: 'expire', restMs: 500, bite: async () => (await bites.take()).more }
}

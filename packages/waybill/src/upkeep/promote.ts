// scheduled → pending, when `run_at` has come.
import { due } from '../job/decide.ts'
import { Bites, type BiteParts } from './bite.ts'
import type { Role } from './loop.ts'

const biteSize = 500

export function promote(parts: BiteParts): Role {
  const bites = new Bites(parts, 'run_at', biteSize, due)
  return { name: 'promote', restMs: 100, bite: async () => (await bites.take()).more }
}

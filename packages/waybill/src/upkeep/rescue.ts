// Jobs whose worker vanished go back to the queue, or to their end; jobs whose cancel was not obeyed in time are ended.
// Two rescuers may race: each write names its fence, so one of them wins and the other changes nothing.
import type { Engine } from '../engine/engine.ts'
import { graceOver, leaseRanOut, type Random } from '../job/decide.ts'
import type { Telemetry } from '../job/telemetry.ts'
import type { Logger } from '../lib/log.ts'
import type { Role } from './loop.ts'

const biteSize = 200

export interface RescueParts {
  engine: Engine
  log: Logger
  telemetry: Telemetry
  random: Random
  newRef: () => string
}

export function rescue({ engine, log, telemetry, random, newRef }: RescueParts): Role {
  return {
    name: 'rescue',
    restMs: 500,
    async bite() {
      const lost = await engine.due('lease', biteSize)
      const disobeyed = await engine.due('cancel', biteSize)
      if (lost.length + disobeyed.length === 0) return false
      const changes = [...lost.map((job) => leaseRanOut(job, newRef(), random)), ...disobeyed.map(graceOver)]
      const { applied } = await engine.apply(changes)
      const rescued = applied.slice(0, lost.length).filter((one) => one.outcome === 'applied').length
      telemetry.leasesExpired(rescued)
      if (rescued > 0) log.warn({ jobs: rescued }, 'workers vanished; their jobs were taken back')
      return lost.length === biteSize || disobeyed.length === biteSize
    },
  }
}

// Jobs whose worker vanished go back to the queue, or to their end; jobs whose cancel was not obeyed in time are ended.
// Two rescuers may race: each write names its fence, so one of them wins and the other changes nothing.
import { graceOver, leaseRanOut, type Random } from '../job/decide.ts'
import type { Telemetry } from '../job/telemetry.ts'
import { Bites, type BiteParts } from './bite.ts'
import type { Role } from './loop.ts'

const biteSize = 200

export interface RescueParts extends BiteParts {
  telemetry: Telemetry
  random: Random
  newRef: () => string
}

export function rescue(parts: RescueParts): Role {
  const { log, telemetry, random, newRef } = parts
  const lost = new Bites(parts, 'lease', biteSize, (job) => leaseRanOut(job, newRef(), random))
  const disobeyed = new Bites(parts, 'cancel', biteSize, graceOver)
  return {
    name: 'rescue',
    restMs: 500,
    async bite() {
      const rescued = await lost.take()
      telemetry.leasesExpired(rescued.applied)
      if (rescued.applied > 0) log.warn({ jobs: rescued.applied }, 'workers vanished; their jobs were taken back')
      return (await disobeyed.take()).more || rescued.more
    },
  }
}

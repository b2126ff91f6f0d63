// Memory of a worker process that has nothing to do.
import { setTimeout as pause } from 'node:timers/promises'
import { residentBytes } from '../processor.ts'
import { type Found, placeOf, type Stage } from './measure.ts'

export async function idle(stage: Stage): Promise<Found[]> {
  const worker = stage.director.start(placeOf(stage), 'idle', {})
  await worker.hear('ready')
  await pause(stage.extent.idleMs)
  const bytes = residentBytes(worker.pid)
  worker.say('stop')
  await worker.result
  return [{ figure: 'idle worker', value: bytes / 1e6, unit: 'MB' }]
}

// Reading the state of jobs, from one process with 64 callers.
import { type Found, play, type Stage } from './measure.ts'

export async function reads(stage: Stage): Promise<Found[]> {
  const perSecond = await play(stage, 'read', { jobs: stage.extent.read, ms: stage.extent.ms })
  return perSecond === null ? [] : [{ figure: 'status reads, 64 in flight', value: perSecond, unit: 'reads/s' }]
}

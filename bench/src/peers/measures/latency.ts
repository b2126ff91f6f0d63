// How long a lone job and a lone progress update take to get from one process to the other.
import type { Begun } from '../acts/latency.ts'
import { lateness } from '../acts/progress.ts'
import { clientCpu, type Found, pinned, placeOf, play, quantiles, serverCpu, type Stage } from './measure.ts'

/** One job at a time, producer and idle worker two processes. SQLite has no server: the worker takes its processor. */
export async function latency(stage: Stage): Promise<Found[]> {
  const { director, contestant, extent } = stage
  const worker = director.start(placeOf(stage), 'begin', {}, contestant.store === 'sqlite' ? serverCpu : clientCpu)
  await worker.hear('ready')
  const { asked, seen } = await pinned(stage, async () => {
    const task = { jobs: extent.latency, limitMs: extent.latencyLimitMs }
    const producer = director.start(placeOf(stage), 'ask', task, clientCpu)
    worker.onWord('began', (n) => producer.say('began', n))
    return producer.result
  })
  worker.say('stop')
  const begun = await worker.result
  return [...quantiles('pickup', between(asked, begun)), ...quantiles('completion seen', between(asked, seen))]
}

export async function progress(stage: Stage): Promise<Found[]> {
  if (!stage.contestant.hasProgress) return []
  const perSecond = await play(stage, 'flood', { updates: stage.extent.flood })
  const worker = stage.director.start(placeOf(stage), 'beat', { updates: stage.extent.beats })
  await worker.hear('ready')
  const seen = await play(stage, 'follow', {})
  worker.say('stop')
  return [
    { figure: 'progress updates of one job', value: perSecond, unit: 'updates/s' },
    ...quantiles('progress seen', lateness(await worker.result, seen)),
  ]
}

function between(asked: Begun, later: Begun): number[] {
  const when = new Map(later)
  const warmUp = Math.min(10, Math.floor(asked.length / 4))
  return asked.slice(warmUp).flatMap(([n, at]) => {
    const then = when.get(n)
    return then === undefined ? [] : [then - at]
  })
}

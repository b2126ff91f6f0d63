// Recovery: a worker that holds jobs is killed with SIGKILL while another stands by. How long until the other has run
// them all, and what was lost or run twice. Mostly waiting, hence for all contestants at the same time.
import { now } from '../acts/latency.ts'
import { type Contestant } from '../contestants.ts'
import type { Extent } from '../extent.ts'
import type { Found } from './measure.ts'
import type { Director, Place } from '../director.ts'
import { openStore } from '../stores.ts'

export interface Recovery {
  contestant: string
  found: Found[] | Error
}

export function recoveries(director: Director, contestants: Contestant[], extent: Extent): Promise<Recovery[]> {
  return Promise.all(
    contestants.map(async (contestant) => ({
      contestant: contestant.name,
      found: await recovery(director, contestant, extent).catch((error: Error) => error),
    })),
  )
}

/** On a server of its own, as all wait at the same time. */
async function recovery(director: Director, contestant: Contestant, extent: Extent): Promise<Found[]> {
  const store = await openStore(contestant.store, extent.durable)
  try {
    const fresh = await store.fresh()
    const found = await killed(director, { contestant, url: fresh.url }, extent)
    await fresh.drop()
    return found
  } finally {
    await store.stop()
  }
}

async function killed(director: Director, place: Place, extent: Extent): Promise<Found[]> {
  const { held, rescueLimitMs: limitMs, rescueLingerMs: lingerMs } = extent
  await director.start(place, 'prepare', {}).result
  await director.start(place, 'fill', { jobs: held }).result
  const victim = director.start(place, 'hold', { jobs: held })
  await victim.hear('holding')
  const rescuer = director.start(place, 'rescue', { jobs: held, limitMs, lingerMs })
  await rescuer.hear('ready')
  const killedAt = now()
  await victim.kill()
  const { lastAt, jobs, twice } = await rescuer.result
  const seconds = jobs === held ? (lastAt - killedAt) / 1_000 : Number.POSITIVE_INFINITY
  return [
    { figure: 'recovery after kill -9', value: seconds, unit: 's' },
    { figure: 'not run again in time', value: held - jobs, unit: 'jobs' },
    { figure: 'run twice by the rescuer', value: twice, unit: 'jobs' },
  ]
}

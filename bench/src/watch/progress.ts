// One progress update: from the handler's call in a worker process, through an API process, to a subscriber's event
// stream in a third.
import { get, type IncomingMessage } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { quantile, type Figure } from '../figures.ts'
import { authorization, clockTime } from './asking.ts'
import type { Extent } from './extent.ts'
import { withScene, type Measure, type Scene } from './measure.ts'
import { kinds, withStore, type Kind } from './stores.ts'

/** With an accelerator an update comes as fast as Redis can carry it. */
const wanted: Record<Kind, number> = {
  sqlite: 30,
  postgres: 60,
  redis: 5,
  'sqlite + accelerator': 30,
  'postgres + accelerator': 60,
}

/** Updates until code and connections are warm. */
const warmUp = 2

export const progress: Measure = {
  name: 'progress',
  async run(extent) {
    const figures: Figure[] = []
    for (const kind of kinds) {
      const waits = await withStore(kind, extent, (place) => withScene(place, 1, (scene) => updates(scene, extent)))
      figures.push(
        {
          name: `${kind}: an update is seen, p50`,
          value: quantile(waits, 0.5),
          unit: 'ms',
          target: { at: 'most', value: wanted[kind] },
        },
        { name: `${kind}: an update is seen, p99`, value: quantile(waits, 0.99), unit: 'ms' },
      )
    }
    return figures
  },
}

async function updates({ worker, url, ids: [id = ''] }: Scene, extent: Extent): Promise<number[]> {
  const stream = await follow(`${url}/api/v1/events?jobs=${id}`)
  try {
    const waits: number[] = []
    for (let n = 1; n <= extent.updates; n++) {
      const seen = stream.next()
      await worker.ask('report', { id, fraction: n / (extent.updates + 1) })
      waits.push(await seen)
      await pause(extent.updateEveryMs * (0.75 + Math.random() / 2)) // in step with no clock of the product
    }
    return waits.slice(warmUp)
  } finally {
    stream.close()
  }
}

interface Followed {
  /** How late the next update was. */
  next(): Promise<number>
  close(): void
}

async function follow(url: string): Promise<Followed> {
  const request = get(url, { headers: { authorization }, agent: false })
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    request.on('response', resolve).on('error', reject)
  })
  const inStep = Promise.withResolvers<void>()
  let tell = (_: number) => {}
  response.setEncoding('utf8').on('data', (text: string) => {
    if (text.includes('event: sync')) inStep.resolve()
    const at = /"progress_message":"([\d.]+)"/.exec(text)?.[1]
    if (at !== undefined) tell(clockTime() - Number(at))
  })
  await inStep.promise
  return {
    next: () => new Promise((resolve) => (tell = resolve)),
    close: () => void request.destroy(),
  }
}

// What watchers cost a drain: the same jobs drained with nobody watching and with event streams open upon an API process
// beside the worker, on jobs that wait elsewhere and on some of those that are drained. Which of them comes first alternates.
import { median, perSecond, type Figure } from '../figures.ts'
import { openStore, type Store } from '../peers/stores.ts'
import { startChild, type Child } from './child.ts'
import type { Extent } from './extent.ts'
import type { Measure } from './measure.ts'
import { engines } from './stores.ts'
import { holdStreams } from './held-streams.ts'

export const drained: Measure = {
  name: 'drain',
  async run(extent) {
    const figures: Figure[] = []
    for (const engine of engines) {
      const store = await openStore(engine, extent.durable)
      try {
        figures.push(...(await drainsOf(engine, store, extent)))
      } finally {
        await store.stop()
      }
    }
    return figures
  },
}

async function drainsOf(engine: string, store: Store, extent: Extent): Promise<Figure[]> {
  const [alone, watched]: [number[], number[]] = [[], []]
  for (let round = 0; round < extent.drains; round++) {
    for (const isWatched of round % 2 === 0 ? [false, true] : [true, false])
      (isWatched ? watched : alone).push(await drainOnce(store, extent, isWatched))
  }
  return [
    { name: `${engine}: drain, nobody watches`, value: median(alone), unit: 'jobs/s' },
    { name: `${engine}: drain, watched`, value: median(watched), unit: 'jobs/s' },
    {
      name: `${engine}: watched ÷ not watched`,
      value: median(watched) / median(alone),
      unit: 'x',
      target: { at: 'least', value: 0.9 },
    },
  ]
}

// The API process is there either way: what is measured is watching.
async function drainOnce(store: Store, extent: Extent, isWatched: boolean): Promise<number> {
  const fresh = await store.fresh()
  const urls = { engine: fresh.url, accelerator: null }
  const children: Child[] = []
  const start = async (...args: Parameters<typeof startChild>) => {
    const child = await startChild(...args)
    children.push(child)
    return child
  }
  try {
    const worker = await start('./worker.ts', { store: urls, hold: 0 })
    const api = await start('./api.ts', { store: urls, streams: 20_000 })
    const others = await worker.ask<string[]>('wait', extent.watchersOfOthers)
    const own = await worker.ask<string[]>('fill', extent.drain)
    const step = Math.floor(own.length / extent.watchersOfOwn)
    const watched = own.filter((_, i) => i % step === 0).slice(0, extent.watchersOfOwn)
    const release = isWatched ? await holdStreams(await api.ask('url'), [...others, ...watched]) : () => {}
    const ms = await worker.ask<number>('drain', own.length)
    release()
    return perSecond(own.length, ms)
  } finally {
    for (const child of children) await child.kill()
    await fresh.drop()
  }
}

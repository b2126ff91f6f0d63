// One measurement of watching: a name to ask for it by, and what it finds.
import type { Figure } from '../figures.ts'
import { startChild, type Child } from './child.ts'
import type { Extent } from './extent.ts'
import type { Place, StoreUrls } from './stores.ts'

export interface Measure {
  name: string
  run(extent: Extent): Promise<Figure[]>
}

/** A worker process with jobs that run, and an API process beside it. */
export interface Scene {
  worker: Child
  api: Child
  /** Of the API process. */
  url: string
  /** The running jobs. */
  ids: string[]
}

/** `alone`: no other load. The processes end with `use`. */
export async function withScene<T>(place: Place, hold: number, use: (scene: Scene) => Promise<T>): Promise<T> {
  const store: StoreUrls = { engine: place.engine, accelerator: place.accelerator }
  const worker = await startChild('./worker.ts', { store, hold })
  try {
    const api = await startChild('./api.ts', { store, streams: 20_000 })
    try {
      if (place.accelerator !== null) await api.ask('accelerated')
      const ids = await worker.ask<string[]>('hold')
      return await use({ worker, api, url: await api.ask<string>('url'), ids })
    } finally {
      await api.kill()
    }
  } finally {
    await worker.kill()
  }
}

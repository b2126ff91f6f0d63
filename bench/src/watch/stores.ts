// Empty stores for a measurement: an engine of each kind, with and without an accelerator in front.
import { startRedis, type Server } from '@waybill/servers'
import { openStore } from '../peers/stores.ts'
import type { Extent } from './extent.ts'

export const engines = ['sqlite', 'postgres', 'redis'] as const
export const kinds = [...engines, 'sqlite + accelerator', 'postgres + accelerator'] as const
export type Kind = (typeof kinds)[number]

/** What a process needs to open the store. */
export interface StoreUrls {
  engine: string
  accelerator: string | null
}

export interface Place extends StoreUrls {
  /** The accelerator's server, to be paused. */
  front: Server | null
}

/** Hands over a new store of this kind and removes it afterwards. */
export async function withStore<T>(kind: Kind, { durable }: Extent, use: (place: Place) => Promise<T>): Promise<T> {
  const engine = engines.find((one) => kind.startsWith(one)) ?? 'sqlite'
  const store = await openStore(engine, durable)
  const front = kind.endsWith('accelerator') ? await startRedis() : null
  try {
    const fresh = await store.fresh()
    try {
      return await use({ engine: fresh.url, accelerator: front?.url ?? null, front })
    } finally {
      await fresh.drop()
    }
  } finally {
    await front?.stop()
    await store.stop()
  }
}

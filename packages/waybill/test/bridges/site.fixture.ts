// A Waybill with bridges on any engine, a Redis of its own beside it, and foreign clients who know nothing of Waybill.
import { Redis } from 'ioredis'
import { startRedis, type Server } from '@waybill/servers'
import { createWaybill, type Waybill, type WaybillOptions } from '../../src/index.ts'
import type { Logger } from '../../src/lib/log.ts'
import { stores, type Store } from '../foreign/stores.fixture.ts'

export const engines: typeof stores = stores

export interface Site {
  waybill: Waybill
  store: Store
  server: Server
  /** As redis-cli would speak. */
  redis: Redis
  said: string[]
  /** A further process of the same store. */
  another(): Waybill
  close(): Promise<void>
}

export type SiteOptions = Omit<WaybillOptions, 'engine' | 'logger' | 'accelerator'>

export async function aSite(open: () => Promise<Store>, options: (redis: string) => SiteOptions): Promise<Site> {
  const [store, server] = await Promise.all([open(), startRedis()])
  const said: string[] = []
  const made: Waybill[] = []
  const another = () => {
    const waybill = createWaybill({ engine: store.url, logger: heard(said), ...options(server.url) })
    made.push(waybill)
    return waybill
  }
  const redis = new Redis(server.url, { retryStrategy: () => 100 })
  redis.on('error', () => {}) // tests end the server
  const close = async () => {
    redis.disconnect()
    await Promise.all(made.map((waybill) => waybill.close()))
    await server.stop()
    await store.drop()
  }
  return { waybill: another(), store, server, redis, said, another, close }
}

function heard(said: string[]): Logger {
  const at = (level: string) => (_: object, message: string) => void said.push(`${level}: ${message}`)
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}

/** Resolves with what `look` finds, once it finds something. */
export async function until<T>(look: () => Promise<T | null | undefined | false>): Promise<T> {
  for (;;) {
    const found = await look()
    if (found !== null && found !== undefined && found !== false) return found
    await new Promise<void>((resolve) => setTimeout(resolve, 20))
  }
}

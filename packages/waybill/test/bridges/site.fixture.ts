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

/** The jobs that messages of a list are about. */
export function idsIn(messages: readonly string[]): string[] {
  return messages.map((message) => {
    const { job_id }: { job_id: string } = JSON.parse(message)
    return job_id
  })
}

/** Takes the first job of a queue, as a worker elsewhere does. Answers its id. */
export async function leaseOverHttp(url: string, queue: string): Promise<string> {
  const body = JSON.stringify({ worker: { id: 'w1' }, queues: [queue], lease_ms: 60_000 })
  const answer = await fetch(`${url}/api/v1/worker/lease`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  })
  const { leases }: { leases: { job: { job_id: string } }[] } = JSON.parse(await answer.text())
  return leases[0]?.job.job_id ?? ''
}

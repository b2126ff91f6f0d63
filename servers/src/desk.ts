// Starts the servers that a test run shares, each when it is first asked for. `GET /postgres` answers its URL.
// vitest.config.ts runs this file around every run: a run whose tests need no server starts none.
import { createServer, type ServerResponse } from 'node:http'
import { once } from 'node:events'
import { startPostgres } from './postgres.ts'
import type { Server } from './process.ts'
import { startRedis } from './redis.ts'

/** The environment variable that tells the test processes where the desk is. */
export const DESK = 'WAYBILL_TEST_SERVERS'

const shared = { postgres: () => startPostgres(), redis: () => startRedis() }

export type Wanted = keyof typeof shared

export function startShared(wanted: Wanted): Promise<Server> {
  return shared[wanted]()
}

/** vitest's global setup; what it answers is the teardown. */
export default async function openDesk(): Promise<() => Promise<void>> {
  const started = new Map<Wanted, Promise<Server>>()
  const desk = createServer((request, response) => void answer(started, request.url, response))
  desk.listen(0, '127.0.0.1').unref()
  await once(desk, 'listening')
  const address = desk.address()
  if (address === null || typeof address === 'string') throw new Error('the desk of the test servers has no port')
  process.env[DESK] = `http://127.0.0.1:${address.port}`
  return async () => {
    delete process.env[DESK]
    desk.close()
    desk.closeAllConnections()
    for (const start of await Promise.allSettled(started.values())) {
      if (start.status === 'fulfilled') await start.value.stop()
    }
  }
}

async function answer(
  started: Map<Wanted, Promise<Server>>,
  path: string | undefined,
  to: ServerResponse,
): Promise<void> {
  const wanted = path?.slice(1)
  if (wanted !== 'postgres' && wanted !== 'redis') return void to.writeHead(404).end(`no server is called ${path}`)
  try {
    const server = started.get(wanted) ?? startShared(wanted)
    started.set(wanted, server)
    to.end((await server).url)
  } catch (error) {
    to.writeHead(500).end(String(error))
  }
}

// The probes of a `work` process: /livez, /readyz and /metrics on WAYBILL_WORKER_PORT, answered by the HTTP face.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { isAuthConfigured } from '../http/face.ts'
import { isLoopback } from '../http/guard.ts'
import type { Waybill } from '../index.ts'

interface Health {
  port: number
  close(): Promise<void>
}

/** Without auth, /metrics is for this machine alone. */
export async function serveHealth(waybill: Waybill, port: number): Promise<Health> {
  const { settings } = waybill
  const mayMeasure = isLoopback(settings.host) || isAuthConfigured(settings)
  const paths = new Set(['/livez', '/readyz', ...(mayMeasure ? ['/metrics'] : [])])
  const server = createServer((request, response) => void answer(waybill, paths, request, response))
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, settings.host, resolve))
  const address = server.address()
  return { port: typeof address === 'object' && address !== null ? address.port : port, close: () => closed(server) }
}

async function answer(
  waybill: Waybill,
  paths: ReadonlySet<string>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const path = (request.url ?? '').split('?')[0] ?? ''
  if (request.method !== 'GET' || !paths.has(path)) return void response.writeHead(404).end()
  const { authorization } = request.headers
  const headers: Record<string, string> = authorization === undefined ? {} : { authorization }
  try {
    const got = await waybill.fetch(new Request(`http://localhost${path}`, { headers }))
    response.writeHead(got.status, Object.fromEntries(got.headers)).end(await got.text())
  } catch (error) {
    response.writeHead(503).end(`${error instanceof Error ? error.message : 'unavailable'}\n`)
  }
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}

// One small server on the loopback: `/` is the progress page, everything else is Waybill.

import { createServer, type Server } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import { PAGE, PAGE_HEADERS } from '../page.ts'

export interface DemoServer {
  url: string
  close: () => Promise<void>
}

export async function serveDemo(
  api: (request: Request) => Response | Promise<Response>,
  port: number,
): Promise<DemoServer> {
  const answer = getRequestListener((request) =>
    isPage(request) ? new Response(PAGE, { headers: PAGE_HEADERS }) : api(request),
  )
  const server = createServer((request, response) => void answer(request, response))
  await listening(server, port)
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the demo server has no port')
  return { url: `http://127.0.0.1:${address.port}`, close: () => closed(server) }
}

const isPage = (request: Request): boolean => request.method === 'GET' && new URL(request.url).pathname === '/'

function listening(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}

// Listening on Node: refuses what would be unsafe, and ends in order: not ready → streams say bye → requests under way
// are answered → closed.
import { getRequestListener } from '@hono/node-server'
import { createServer, ServerResponse, type Server as NodeServer } from 'node:http'
import { weakSecrets } from '../config/doubts.ts'
import type { Parts } from '../parts.ts'
import { WaybillError } from '../job/errors.ts'
import { pause, type Clock } from '../lib/clock.ts'
import { Face, isAuthConfigured, type FaceOptions } from './face.ts'
import { isLoopback } from './guard.ts'
import { NodeSide } from './node/node-side.ts'

export interface ServeOptions extends FaceOptions {
  /** Default: from the settings (127.0.0.1). */
  host?: string
  /** Default: from the settings (8012). 0: any free one. */
  port?: number
  /** How long requests under way may take at the end. Default: from the settings (25 s). */
  graceMs?: number
}

/** A Waybill, or whatever opens its parts. */
export interface Opens {
  parts(): Promise<Parts>
}

export interface Served {
  /** Where it listens, such as `http://127.0.0.1:8012`. */
  url: string
  port: number
  close(): Promise<void>
}

/**
 * Listens. Throws `bad_request` for an address other machines can reach while no auth is configured, and when the port
 * is taken.
 */
export async function serve(waybill: Opens, options: ServeOptions = {}): Promise<Served> {
  const { settings, clock, log } = await waybill.parts()
  const host = options.host ?? settings.host
  if (!isLoopback(host) && !isAuthConfigured(settings)) throw unsafe(host)
  for (const text of weakSecrets(settings.auth)) log.warn({}, text)
  const face = new Face(() => waybill.parts(), options)
  const server = createServer(
    { requestTimeout: 60_000, headersTimeout: 15_000, keepAliveTimeout: 65_000 },
    getRequestListener((request, env) =>
      face.fetch(request, env.outgoing instanceof ServerResponse ? new NodeSide(env.outgoing) : null),
    ),
  )
  const port = await listening(server, host, options.port ?? settings.port)
  const name = host.includes(':') ? `[${host}]` : host
  return {
    url: `http://${name}:${port}`,
    port,
    close: () => end(server, face, clock, options.graceMs ?? settings.shutdownGraceMs),
  }
}

function unsafe(host: string): WaybillError {
  const detail = `serve: without auth everybody who reaches ${host} would be the operator; set WAYBILL_API_KEYS (or WAYBILL_JWT_SECRET), or listen on 127.0.0.1`
  return new WaybillError('bad_request', detail)
}

function listening(server: NodeServer, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const fail = (error: NodeJS.ErrnoException) => {
      const why = error.code === 'EADDRINUSE' ? `port ${port} is taken; choose another with PORT` : error.message
      reject(new WaybillError('bad_request', `serve: cannot listen on ${host}:${port}: ${why}`, { cause: error }))
    }
    server.once('error', fail)
    server.listen(port, host, () => {
      server.off('error', fail)
      const address = server.address()
      resolve(typeof address === 'object' && address !== null ? address.port : port)
    })
  })
}

// Connections kept alive by clients become idle one by one as their last answers go out.
const idleCheckMs = 50

async function end(server: NodeServer, face: Face, clock: Clock, graceMs: number): Promise<void> {
  face.stop()
  const closed = new AbortController()
  const isClosed = new Promise<void>((resolve) => server.close(() => resolve())).then(() => closed.abort())
  const until = clock.now() + graceMs
  while (!closed.signal.aborted && clock.now() < until) {
    server.closeIdleConnections()
    await pause(clock, idleCheckMs, closed.signal, true)
  }
  server.closeAllConnections()
  await isClosed
}

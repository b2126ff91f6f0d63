// The fetch handler for Node's own servers and the frameworks upon them (Express, Connect, Fastify).
import { getRequestListener } from '@hono/node-server'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { isStray } from '../app.ts'
import type { WaybillFetch } from '../face.ts'
import { alreadySent, NodeSide } from './node-side.ts'

export type NodeHandler = (request: IncomingMessage, response: ServerResponse, next?: (error?: unknown) => void) => void

/**
 * `app.use(toNodeHandler(waybill.fetch))` in Express. Paths that are not Waybill's go on to `next`. A body that was
 * parsed before (`express.json()`) is put together again.
 */
export function toNodeHandler(fetch: WaybillFetch): NodeHandler {
  return (request, response, next) => {
    keepBody(request)
    const answer = getRequestListener(
      async (asked) => {
        const found = await fetch(asked, new NodeSide(response))
        if (!next || !isStray(found)) return found
        next()
        return alreadySent
      },
      { overrideGlobalObjects: false, autoCleanupIncoming: next === undefined },
    )
    answer(request, response).catch(() => response.destroy()) // the listener answers errors itself: only a broken connection is left
  }
}

// A body that somebody has read and parsed stands in `body`; the listener takes its bytes from `rawBody`.
function keepBody(request: IncomingMessage & { body?: unknown; rawBody?: unknown }): void {
  if (request.body === undefined || !request.readableEnded || request.rawBody instanceof Buffer) return
  request.rawBody = bytesOf(request.body)
}

function bytesOf(body: unknown): Buffer {
  if (Buffer.isBuffer(body)) return body
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
}

/** The little of Fastify that is needed here. */
export interface FastifyLike {
  removeAllContentTypeParsers(): void
  addContentTypeParser(
    type: string,
    parser: (request: unknown, payload: unknown, done: (error: null) => void) => void,
  ): unknown
  all(
    path: string,
    handler: (request: { raw: IncomingMessage }, reply: { raw: ServerResponse; hijack(): unknown }) => unknown,
  ): unknown
}

/** `app.register(toFastify(waybill.fetch))`. Fastify leaves the body alone within this plugin. */
export function toFastify(fetch: WaybillFetch): (app: FastifyLike) => Promise<void> {
  const handler = toNodeHandler(fetch)
  return async (app) => {
    app.removeAllContentTypeParsers()
    app.addContentTypeParser('*', (_request, _payload, done) => done(null))
    app.all('/*', (request, reply) => {
      reply.hijack()
      handler(request.raw, reply.raw)
    })
  }
}

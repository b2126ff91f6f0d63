// Where the bytes of an event stream go: straight to the Node response when our own listener hands it on (half the
// memory a stream), else into a web ReadableStream. The same bytes either way.
import type { ServerResponse } from 'node:http'
import { alreadySent } from '../node/node-side.ts'

export interface Sink {
  /** Sends text, or keeps it until the reader takes it. */
  write(text: string): void
  /** Bytes written that the reader has not taken yet. */
  readonly unsent: number
  /** Sends `last` and ends; what the reader does not take is thrown away when the connection goes. */
  end(last: string): void
  /** Cuts the connection without waiting for the reader. */
  cut(): void
}

export interface SinkEvents {
  /** The reader has taken what was unsent. */
  drained: () => void
  /** The reader has gone, or the stream has ended. Called once. */
  closed: () => void
}

export function nodeSink(
  outgoing: ServerResponse,
  headers: Record<string, string>,
  events: SinkEvents,
): { sink: Sink; response: Response } {
  outgoing.removeHeader('transfer-encoding') // no chunks: a stream ends with its connection, and each write is one
  outgoing.writeHead(200, { ...headers, connection: 'close' })
  outgoing.flushHeaders()
  outgoing.on('drain', events.drained)
  outgoing.once('close', events.closed)
  if (outgoing.closed || outgoing.destroyed) process.nextTick(events.closed) // it left before it was answered
  const sink: Sink = {
    write: (text) => void outgoing.write(text),
    get unsent() {
      return outgoing.writableLength
    },
    end: (last) => void outgoing.end(last),
    cut: () => void outgoing.destroy(),
  }
  return { sink, response: alreadySent }
}

const webBuffer = 16 * 1024

export function webSink(headers: Record<string, string>, events: SinkEvents): { sink: Sink; response: Response } {
  const encoder = new TextEncoder()
  const web: { controller: ReadableStreamDefaultController<Uint8Array> | null } = { controller: null }
  const close = () => {
    if (web.controller === null) return
    web.controller = null
    events.closed()
  }
  const body = new ReadableStream<Uint8Array>(
    { start: (controller) => void (web.controller = controller), pull: () => events.drained(), cancel: close },
    { highWaterMark: webBuffer, size: (chunk) => chunk?.byteLength ?? 0 },
  )
  const sink: Sink = {
    write: (text) => web.controller?.enqueue(encoder.encode(text)),
    get unsent() {
      return web.controller ? Math.max(0, webBuffer - (web.controller.desiredSize ?? 0)) : 0
    },
    end(last) {
      const { controller } = web
      controller?.enqueue(encoder.encode(last))
      close()
      controller?.close()
    },
    cut() {
      const { controller } = web
      close()
      controller?.error(new Error('the event stream was cut'))
    },
  }
  return { sink, response: new Response(body, { status: 200, headers }) }
}

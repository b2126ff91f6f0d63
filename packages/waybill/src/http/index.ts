// `waybill/http`: the HTTP face of a Waybill for any host that speaks fetch, and for Node.
import type { Parts } from '../parts.ts'
import { Face, type FaceOptions, type WaybillFetch } from './face.ts'

export { Face, type FaceOptions, type WaybillFetch } from './face.ts'
export { toFastify, toNodeHandler, type FastifyLike, type NodeHandler } from './node/handler.ts'
export { serve, type Opens, type Served, type ServeOptions } from './serve.ts'

/** A web-standard handler: mount it in Hono (`app.mount('/', fetch)`), Next, Bun, Deno, or through `toNodeHandler`. */
export function createFetch(parts: () => Promise<Parts>, options: FaceOptions = {}): WaybillFetch {
  return new Face(parts, options).fetch
}

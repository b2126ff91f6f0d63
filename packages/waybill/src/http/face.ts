// The HTTP face of one Waybill: a fetch handler that opens the parts at the first request, and its orderly end.
import type { Parts } from '../parts.ts'
import { WaybillError } from '../job/errors.ts'
import { Foreign } from '../foreign/foreign.ts'
import { systemRandom } from '../lib/chance.ts'
import { newId, newSecret } from '../lib/ids.ts'
import { createApp, type App } from './app.ts'
import { Auth } from './auth/auth.ts'
import { tokenSecret } from '../foreign/token-secret.ts'
import { openApi } from './docs/openapi.ts'
import { docsPage } from './docs/page.ts'
import { HttpMetrics } from './metrics/http-metrics.ts'
import { NodeSide } from './node/node-side.ts'
import { Peers } from './node/peers.ts'
import { problem } from './problem.ts'
import { allRoutes } from './routes/all.ts'
import type { AuthFace, Description, Server } from './server.ts'
import { Streams } from './sse/streams.ts'

export type WaybillFetch = (request: Request, env?: unknown) => Response | Promise<Response>

export interface FaceOptions {
  /** Who calls, and what they may. Default: from the settings; without any configured, everybody on this machine is the operator. */
  auth?: (parts: Parts) => AuthFace
}

export class Face {
  readonly #open: () => Promise<Parts>
  readonly #options: FaceOptions
  readonly #stopping = new AbortController()
  #app: App | null = null
  #opening: Promise<App> | null = null
  #streams: Streams | null = null

  constructor(parts: () => Promise<Parts>, options: FaceOptions = {}) {
    this.#open = parts
    this.#options = options
  }

  readonly fetch: WaybillFetch = (request, env) => {
    const node = env instanceof NodeSide ? env : null
    return this.#app ? this.#app(request, node) : this.#first(request, node)
  }

  /** Not ready any more, long polls answer, streams say bye. Requests under way are answered. */
  stop(): void {
    this.#stopping.abort()
    this.#streams?.endAll('shutdown')
  }

  async #first(request: Request, node: NodeSide | null): Promise<Response> {
    const path = new URL(request.url).pathname
    if (path === '/livez') return new Response('ok\n', { headers: { 'content-type': 'text/plain' } })
    try {
      const app = await (this.#opening ??= this.#make())
      return await app(request, node)
    } catch (error) {
      this.#opening = null // the next request tries again
      return unopened(request, error)
    }
  }

  async #make(): Promise<App> {
    const parts = await this.#open()
    parts.upkeep.start() // also where no worker runs, jobs become due and lost workers are noticed
    const streams = new Streams(parts.clock, parts.settings.streams)
    const auth = this.#options.auth?.(parts) ?? new Auth(parts.engine, parts.settings)
    const server: Server = {
      parts,
      auth,
      streams,
      peers: new Peers(parts.clock, parts.log),
      foreign: foreignOf(parts),
      metrics: new HttpMetrics(),
      stopping: this.#stopping.signal,
      description: describe(parts),
    }
    this.#streams = streams
    this.#app = createApp(server)
    return this.#app
  }
}

function foreignOf(parts: Parts): Foreign {
  const { engine, settings } = parts
  const chance = { random: systemRandom, newId, newRef: () => `err_${newSecret(9)}` }
  return new Foreign({ ...parts, ...chance }, () => tokenSecret(engine, settings.auth.tokenSecret))
}

export function isAuthConfigured({ auth }: Pick<Parts['settings'], 'auth'>): boolean {
  return auth.apiKeys.length > 0 || auth.jwt !== null
}

function describe(parts: Parts): Description {
  const document = openApi(allRoutes(parts), parts.settings.basePath)
  return { json: JSON.stringify(document), page: docsPage(document) }
}

function unopened(request: Request, error: unknown): Response {
  if (error instanceof WaybillError)
    return problem(request, [], error.code, error.message, { retryAfter: error.retryAfter })
  return problem(request, [], 'engine_unavailable', 'the store could not be opened; the log says why', {
    retryAfter: 5,
  })
}

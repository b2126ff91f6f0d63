// The routes as one handler: who calls, then the route, then a problem for whatever was thrown. No middleware. Hono
// finds the route, save for the plain status poll, which is found by its path's first and last part.
import { Hono, type Context } from 'hono'
import type { Principal } from './access.ts'
import { Call, corsHeaders } from './call.ts'
import { checkLocal } from './guard.ts'
import type { NodeSide } from './node/node-side.ts'
import { problem, problemOf, reworded } from './problem.ts'
import { allRoutes, routes } from './routes/all.ts'
import { getJob } from './routes/get-job.ts'
import type { Route } from './routes/route.ts'
import type { Server } from './server.ts'

type Answer = Response | Promise<Response>
type Bindings = { Bindings: { node?: NodeSide } }

/** Answers a request; `node` is there when our own listener handed it on. */
export type App = (request: Request, node: NodeSide | null) => Answer

const nobody: Principal = { userId: null, scopes: new Set(), tier: null, operator: false, name: 'anonymous' }
const strayed = new WeakSet<Response>()

/** True for the answer to a path that is none of ours: a host may then try its own routes. */
export function isStray(response: Response): boolean {
  return strayed.has(response)
}

export function createApp(server: Server): App {
  const hono = honoOf(server)
  const status = caller(server, getJob)
  const under = `${server.parts.settings.basePath}/jobs/`
  return (request, node) => {
    const id = request.method === 'GET' ? plainJobId(request.url, under) : null
    return id === null ? hono.fetch(request, node ? { node } : {}) : status(request, id, node)
  }
}

// Static paths beside /jobs/{job_id}.
const words = new Set(routes.map(({ path }) => /^\/jobs\/(\w+)$/.exec(path)?.[1]))
const plainId = /^[\w-]{1,64}$/

function plainJobId(url: string, under: string): string | null {
  const path = url.indexOf('/', 8)
  if (!url.startsWith(under, path)) return null
  const id = url.slice(path + under.length)
  return plainId.test(id) && !words.has(id) ? id : null
}

function honoOf(server: Server): Hono<Bindings> {
  const app = new Hono<Bindings>()
  const { basePath, corsOrigins } = server.parts.settings
  const methods = new Map<string, string[]>()
  for (const route of allRoutes(server.parts)) {
    const path = (route.root ? route.path : basePath + route.path).replaceAll(/\{(\w+)\}/g, ':$1')
    methods.set(path, [...(methods.get(path) ?? []), route.method])
    const call = caller(server, route)
    app.on(route.method, path, (c) => {
      const id = c.req.param('job_id') ?? c.req.param('batch_id') ?? c.req.param('key') ?? ''
      return call(c.req.raw, id, c.env.node ?? null, c.req.param())
    })
  }
  for (const [path, allowed] of methods) app.all(path, otherMethods(server, allowed))
  app.notFound(({ req: { raw } }) => stray(raw, corsOrigins))
  app.onError((error, c) => problemOf(server, c.req.raw, error))
  return app
}

function stray(request: Request, corsOrigins: readonly string[]): Response {
  const response = problem(
    request,
    corsOrigins,
    'not_found',
    'there is nothing at this path; /docs lists what there is',
  )
  strayed.add(response)
  return response
}

type Caller = (request: Request, jobId: string, node: NodeSide | null, params?: Record<string, string>) => Answer

function caller(server: Server, route: Route): Caller {
  const { auth, parts } = server
  return (request, jobId, node, params) => {
    const answer = (who: Principal) => route.handle(new Call(server, request, who, jobId, node, params))
    try {
      if (!auth.configured) checkLocal(request, parts.settings.corsOrigins)
      const who = route.open ? nobody : auth.principal(request)
      const response = who instanceof Promise ? who.then(answer) : answer(who)
      return response instanceof Promise
        ? response.catch((error: unknown) => reworded(route, problemOf(server, request, error)))
        : response
    } catch (error) {
      return reworded(route, problemOf(server, request, error))
    }
  }
}

const asked =
  'Authorization, Content-Type, Idempotency-Key, If-None-Match, Last-Event-ID, Prefer, X-Request-Id, traceparent, tracestate'

// OPTIONS, and methods that a path does not have.
function otherMethods(server: Server, methods: string[]): (c: Context<Bindings>) => Response {
  const { corsOrigins } = server.parts.settings
  const allow = [...methods, ...(methods.includes('GET') ? ['HEAD'] : []), 'OPTIONS'].join(', ')
  return ({ req: { raw } }) => {
    if (raw.method !== 'OPTIONS') {
      const detail = `${raw.method} is not possible here; ${allow} are`
      return problem(raw, corsOrigins, 'bad_request', detail, { status: 405, headers: { allow } })
    }
    const cors = corsHeaders(corsOrigins, raw)
    const preflight = cors['access-control-allow-origin']
      ? {
          'access-control-allow-methods': allow,
          'access-control-allow-headers': asked,
          'access-control-max-age': '600',
        }
      : {}
    return new Response(null, { status: 204, headers: { allow, ...cors, ...preflight } })
  }
}

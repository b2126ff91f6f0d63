// The routes as one Hono app: who calls, then the route, then a problem for whatever was thrown. No middleware: the
// hot path is one function call.
import { Hono, type Context } from 'hono'
import type { Principal } from './access.ts'
import { Call, corsHeaders, type Bindings } from './call.ts'
import { checkLocal } from './guard.ts'
import { problem, problemOf } from './problem.ts'
import { routes } from './routes/all.ts'
import type { Route } from './routes/route.ts'
import type { Server } from './server.ts'

type Handler = (c: Context<Bindings>) => Response | Promise<Response>

const nobody: Principal = { userId: null, scopes: new Set(), tier: null, operator: false, name: 'anonymous' }
const strayed = new WeakSet<Response>()

/** True for the answer to a path that is none of ours: a host may then try its own routes. */
export function isStray(response: Response): boolean {
  return strayed.has(response)
}

export function createApp(server: Server): Hono<Bindings> {
  const app = new Hono<Bindings>()
  const { basePath, corsOrigins } = server.parts.settings
  const methods = new Map<string, string[]>()
  for (const route of routes) {
    const path = (route.root ? route.path : basePath + route.path).replaceAll(/\{(\w+)\}/g, ':$1')
    methods.set(path, [...(methods.get(path) ?? []), route.method])
    app.on(route.method, path, handlerOf(server, route))
  }
  // In a router of its own: with a second match for its path, the hot route would lose Hono's direct way.
  const others = new Hono<Bindings>()
  for (const [path, allowed] of methods) others.all(path, otherMethods(server, allowed))
  others.notFound(({ req: { raw } }) => stray(raw, corsOrigins))
  app.notFound((c) => others.fetch(c.req.raw, c.env))
  app.onError((error, c) => problemOf(server, c.req.raw, error))
  return app
}

function stray(request: Request, corsOrigins: readonly string[]): Response {
  const response = problem(request, corsOrigins, 'not_found', 'there is nothing at this path; /docs lists what there is')
  strayed.add(response)
  return response
}

function handlerOf(server: Server, route: Route): Handler {
  const { auth, parts } = server
  const answer = (c: Context<Bindings>, who: Principal) => route.handle(new Call(server, c, who))
  return (c) => {
    try {
      if (!auth.configured) checkLocal(c.req.raw, parts.settings.corsOrigins)
      const who = route.open ? nobody : auth.principal(c.req.raw)
      const response = who instanceof Promise ? who.then((known) => answer(c, known)) : answer(c, who)
      return response instanceof Promise
        ? response.catch((error: unknown) => problemOf(server, c.req.raw, error))
        : response
    } catch (error) {
      return problemOf(server, c.req.raw, error)
    }
  }
}

const asked =
  'Authorization, Content-Type, Idempotency-Key, If-None-Match, Last-Event-ID, Prefer, X-Request-Id, traceparent, tracestate'

// OPTIONS, and methods that a path does not have.
function otherMethods(server: Server, methods: string[]): Handler {
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

// One request being answered: what was asked, who asks, and the headers that every answer bears. Made for each request,
// so it computes nothing that is not asked for.
import { newSecret } from '../lib/ids.ts'
import type { Principal } from './access.ts'
import type { NodeSide } from './node/node-side.ts'
import type { Server } from './server.ts'

const requestIdShape = /^[\w.:/+=-]{1,128}$/
export const json = 'application/json; charset=utf-8'
const none = {}

export class Call {
  readonly server: Server
  readonly request: Request
  readonly principal: Principal
  /** The id or key in the path, be it a job's, a batch's or a schedule's; empty where it has none. */
  readonly jobId: string
  /** The Node response, when our own listener handed it on. */
  readonly node: NodeSide | null
  readonly #params: Readonly<Record<string, string>>
  #requestId: string | null = null
  #query: URLSearchParams | null = null

  constructor(
    server: Server,
    request: Request,
    principal: Principal,
    jobId: string,
    node: NodeSide | null,
    params: Readonly<Record<string, string>> = none,
  ) {
    this.server = server
    this.request = request
    this.principal = principal
    this.jobId = jobId
    this.node = node
    this.#params = params
  }

  /** A parameter of the path, decoded. */
  param(name: string): string {
    return this.#params[name] ?? ''
  }

  get hasQuery(): boolean {
    return this.request.url.includes('?')
  }

  get query(): URLSearchParams {
    return (this.#query ??= new URLSearchParams(this.request.url.split('?', 2)[1] ?? ''))
  }

  get requestId(): string {
    return (this.#requestId ??= requestIdOf(this.request))
  }

  /** Resolves long waits: the caller went away, or the server shuts down. */
  get leaving(): AbortSignal {
    return AbortSignal.any([this.request.signal, this.server.stopping])
  }

  header(name: string): string | null {
    return this.request.headers.get(name)
  }

  /** Answers with text that is JSON already. Job data must not be kept by shared caches: hence the default. */
  json(status: number, body: string | null, more: Record<string, string> = {}): Response {
    return new Response(body, { status, headers: { ...this.headers(), 'content-type': json, ...more } })
  }

  value(status: number, value: object, more?: Record<string, string>): Response {
    return this.json(status, JSON.stringify(value), more)
  }

  headers(): Record<string, string> {
    const headers: Record<string, string> = {
      'cache-control': 'private, no-cache',
      'x-content-type-options': 'nosniff',
      'x-request-id': this.requestId,
    }
    const { corsOrigins } = this.server.parts.settings
    return corsOrigins.length === 0 ? headers : Object.assign(headers, corsHeaders(corsOrigins, this.request))
  }
}

const process = newSecret(6)
let made = 0

/** The caller's X-Request-Id when it is a plain word, else a new one. */
export function requestIdOf(request: Request): string {
  const given = request.headers.get('x-request-id')
  return given !== null && requestIdShape.test(given) ? given : `${process}-${++made}`
}

const exposed =
  'Location, ETag, Retry-After, X-Request-Id, Waybill-Source, Idempotency-Replayed, Link, Preference-Applied, RateLimit, RateLimit-Policy'
/** CORS by allow-list (`*` allows all; there are no cookies). */
export function corsHeaders(allowed: readonly string[], request: Request): Record<string, string> {
  if (allowed.length === 0) return none
  const origin = request.headers.get('origin')
  if (origin === null || !(allowed.includes(origin) || allowed.includes('*'))) return { vary: 'Origin' }
  return { vary: 'Origin', 'access-control-allow-origin': origin, 'access-control-expose-headers': exposed }
}

// Errors out: RFC 9457 problem details, with the headers that tell a program when to come back.
import { callerErrors, WaybillError, type CallerErrorCode, type FieldError } from '../job/errors.ts'
import { QuotaError } from '../job/quota-error.ts'
import type { Problem } from '../wire/problem.ts'
import { corsHeaders, requestIdOf } from './call.ts'
import { rateLimitHeaders } from './rate-limit.ts'
import type { Route } from './routes/route.ts'
import type { Server } from './server.ts'

const titles: Record<number, string> = {
  400: 'Bad request',
  401: 'Not authenticated',
  403: 'Not allowed',
  404: 'Not found',
  405: 'Method not allowed',
  409: 'Conflict',
  410: 'Gone',
  413: 'Too large',
  415: 'Unsupported media type',
  422: 'Invalid input',
  429: 'Too many requests',
  500: 'Internal error',
  503: 'Unavailable',
}

export interface ProblemOptions {
  /** When it is not the code's own. */
  status?: number
  errors?: FieldError[]
  retryAfter?: number | null
  headers?: Record<string, string>
}

export function problem(
  request: Request,
  corsOrigins: readonly string[],
  code: CallerErrorCode,
  detail: string,
  options: ProblemOptions = {},
): Response {
  const status = options.status ?? callerErrors[code]
  const requestId = requestIdOf(request)
  const { errors = [] } = options
  const body = bodyOf(status, { code, detail, errors, requestId })
  const headers = {
    'content-type': 'application/problem+json; charset=utf-8',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'x-request-id': requestId,
    ...corsHeaders(corsOrigins, request),
    ...retryHeader(status, options.retryAfter ?? null),
    ...(status === 401 ? { 'www-authenticate': 'Bearer' } : {}),
    ...options.headers,
  }
  return new Response(JSON.stringify(body), { status, headers })
}

function bodyOf(
  status: number,
  {
    code,
    detail,
    errors,
    requestId,
  }: { code: CallerErrorCode; detail: string; errors: readonly FieldError[]; requestId: string },
): Problem {
  const known: Problem = {
    type: 'about:blank',
    title: titles[status] ?? 'Error',
    status,
    detail,
    code,
    request_id: requestId,
  }
  return errors.length === 0 ? known : { ...known, errors: [...errors] }
}

/** A problem inside of an answer: that of one item among several. */
export function problemOfError({ code, message, errors }: WaybillError, requestId: string): Problem {
  return bodyOf(callerErrors[code], { code, detail: message, errors, requestId })
}

/** The answer for whatever was thrown. What is nobody's fault but ours is logged, and says nothing of its inside. */
export function problemOf(server: Server, request: Request, thrown: unknown): Response {
  const { settings, log } = server.parts
  if (thrown instanceof WaybillError && thrown.code !== 'internal') {
    const { code, message, errors, retryAfter } = thrown
    const standings = thrown instanceof QuotaError ? thrown.standings : []
    const headers = rateLimitHeaders(standings, server.parts.watch.now())
    return problem(request, settings.corsOrigins, code, message, { errors, retryAfter, headers })
  }
  log.error({ error: thrown, method: request.method, path: new URL(request.url).pathname }, 'a request failed')
  return problem(
    request,
    settings.corsOrigins,
    'internal',
    'something went wrong here; the log says what, under the request_id',
  )
}

/** The answer as a route of another dialect tells it. */
export function reworded({ reword }: Pick<Route, 'reword'>, response: Response): Response | Promise<Response> {
  return reword ? inOtherWords(reword, response) : response
}

async function inOtherWords(reword: NonNullable<Route['reword']>, response: Response): Promise<Response> {
  const said: Problem = JSON.parse(await response.clone().text())
  const body = reword(said)
  if (body === null) return response
  const headers = new Headers(response.headers)
  headers.set('content-type', 'application/json; charset=utf-8')
  return new Response(JSON.stringify(body), { status: response.status, headers })
}

function retryHeader(status: number, seconds: number | null): Record<string, string> {
  if (seconds !== null) return { 'retry-after': String(Math.max(1, Math.ceil(seconds))) }
  return status === 503 || status === 429 ? { 'retry-after': '5' } : {}
}

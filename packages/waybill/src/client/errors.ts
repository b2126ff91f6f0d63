// What the server answered instead of what was asked (RFC 9457 problem details). Programs look at `code`.

export interface FieldProblem {
  pointer: string
  detail: string
}

export class WaybillClientError extends Error {
  /** A stable word such as `not_found`, `invalid_input`, `job_expired`; `network` or `timeout` when no answer of Waybill's came. */
  readonly code: string
  /** HTTP status; 0 when no answer came. */
  readonly status: number
  /** One sentence for people; the same as `message`. */
  readonly detail: string
  readonly errors: readonly FieldProblem[]
  readonly requestId: string | null
  /** Milliseconds after which trying again makes sense, or null. */
  readonly retryAfterMs: number | null

  constructor(
    code: string,
    status: number,
    detail: string,
    more: Partial<Pick<WaybillClientError, 'errors' | 'requestId' | 'retryAfterMs' | 'cause'>> = {},
  ) {
    super(detail, more.cause === undefined ? undefined : { cause: more.cause })
    this.name = 'WaybillClientError'
    this.code = code
    this.status = status
    this.detail = detail
    this.errors = more.errors ?? []
    this.requestId = more.requestId ?? null
    this.retryAfterMs = more.retryAfterMs ?? null
  }
}

/** The error that an answer with status ≥ 400 tells of, whatever stands in its body. */
export async function errorOf(response: Response, now: number): Promise<WaybillClientError> {
  const problem: unknown = await response.json().catch(() => null)
  const members = new Map(typeof problem === 'object' && problem !== null ? Object.entries(problem) : [])
  const of = (name: string): unknown => members.get(name)
  const text = (name: string): string | null => {
    const value = of(name)
    return typeof value === 'string' ? value : null
  }
  const errors = of('errors')
  return new WaybillClientError(
    text('code') ?? `http_${response.status}`,
    response.status,
    text('detail') ?? `the server answered ${response.status}`,
    {
      requestId: text('request_id') ?? response.headers.get('x-request-id'),
      retryAfterMs: retryAfterOf(response, now),
      errors: Array.isArray(errors) ? errors : [],
    },
  )
}

/** Retry-After (seconds or a date) in milliseconds; null when there is none. */
export function retryAfterOf(response: Response, now: number): number | null {
  const text = response.headers.get('retry-after')
  if (text === null) return null
  const ms = /^\d+$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - now
  return Number.isFinite(ms) ? Math.max(0, ms) : null
}

export function networkError(detail: string, cause?: unknown): WaybillClientError {
  return new WaybillClientError('network', 0, detail, { cause })
}

export function timeoutError(path: string, cause: unknown): WaybillClientError {
  return new WaybillClientError('timeout', 0, `no answer to ${path} in time`, { cause })
}

/** The error of a job that is not there, when the server gave no words of its own. */
export function goneError(id: string): WaybillClientError {
  return new WaybillClientError('not_found', 404, `job ${id} is not there, or no longer`)
}

/** An error that another try may cure: no answer, too early, too many, or a server in trouble. */
export function mayPass(error: unknown): boolean {
  if (!(error instanceof WaybillClientError)) return false
  return [0, 408, 425, 429].includes(error.status) || error.status >= 500 || error.code === 'idempotency_in_progress'
}

/** No answer, or the answer that none can be given now, by the server or a proxy. Says nothing about what works. */
export function isOutage(error: unknown): boolean {
  return error instanceof WaybillClientError && [0, 502, 503, 504].includes(error.status)
}

/** A refusal without Waybill's words: perhaps of something on the way, such as a proxy during a deployment. */
export function isForeign(error: unknown): boolean {
  return error instanceof WaybillClientError && error.code.startsWith('http_')
}

/** The caller is refused, whatever it asks for. */
export function refusesCaller(error: unknown): boolean {
  return error instanceof WaybillClientError && (error.status === 401 || error.status === 403)
}

/** An answer about the job itself: it is not there, or no longer. */
export function saysGone(error: unknown): error is WaybillClientError {
  return error instanceof WaybillClientError && (error.code === 'not_found' || error.code === 'job_expired')
}

/** Whatever was thrown, as an Error. */
export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : networkError('something that is no error was thrown', thrown)
}

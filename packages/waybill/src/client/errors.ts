// What the server answered instead of what was asked (RFC 9457 problem details). Programs look at `code`.

export interface FieldProblem {
  pointer: string
  detail: string
}

export class WaybillClientError extends Error {
  /** A stable word such as `not_found`, `invalid_input`, `job_expired`; `network` when no answer came. */
  readonly code: string
  /** HTTP status; 0 when no answer came. */
  readonly status: number
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
    this.errors = more.errors ?? []
    this.requestId = more.requestId ?? null
    this.retryAfterMs = more.retryAfterMs ?? null
  }
}

/** The error that an answer with status ≥ 400 tells of, whatever stands in its body. */
export async function errorOf(response: Response): Promise<WaybillClientError> {
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
      retryAfterMs: retryAfterOf(response),
      errors: Array.isArray(errors) ? errors : [],
    },
  )
}

/** Retry-After in milliseconds; null when there is none. */
export function retryAfterOf(response: Response): number | null {
  const seconds = Number(response.headers.get('retry-after') ?? Number.NaN)
  return Number.isFinite(seconds) && seconds >= 0 ? seconds * 1_000 : null
}

export function networkError(cause: unknown): WaybillClientError {
  return new WaybillClientError('network', 0, 'the server could not be reached', { cause })
}

/** Whatever was thrown, as an Error. */
export function asError(thrown: unknown): Error {
  return thrown instanceof Error
    ? thrown
    : new WaybillClientError('network', 0, 'something that is no error was thrown', { cause: thrown })
}

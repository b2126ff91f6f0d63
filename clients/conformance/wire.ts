// A worker and a caller of the conformance script, as plain as can be: fetch, JSON, and what a worker holds of a lease.
import assert from 'node:assert/strict'

export type Body = Record<string, unknown>

export interface Answer {
  status: number
  body: Body
}

export interface Leased {
  lease: string
  fence: number
  job: Body
  steps: Body[]
}

export class Peer {
  readonly queue: string
  readonly #url: string
  readonly #token: string | null
  readonly #type: string
  #count = 0

  /** `url` with the API's base path; `type`: a job type that the server knows; `queue`: one that nobody else serves. */
  constructor(url: string, token: string | null, type: string, queue: string) {
    this.#url = url.replace(/\/$/, '')
    this.#token = token
    this.#type = type
    this.queue = queue
  }

  async ask(method: string, path: string, body?: object, lease?: string): Promise<Answer> {
    const headers: Record<string, string> = {
      'content-type': 'application/json',
      ...(this.#token === null ? {} : { authorization: `Bearer ${this.#token}` }),
      ...(lease === undefined ? {} : { 'waybill-lease': lease }),
    }
    const init: RequestInit = body === undefined ? { method, headers } : { method, headers, body: JSON.stringify(body) }
    const response = await fetch(this.#url + path, init)
    const text = await response.text()
    return { status: response.status, body: text === '' ? {} : objectOf(JSON.parse(text)) }
  }

  async submit(more: Body = {}): Promise<string> {
    const job = { type: this.#type, queue: this.queue, retry: { backoff_ms: 0, jitter: 0 }, ...more }
    const { status, body } = await this.ask('POST', '/jobs', job)
    assert.equal(status, 202, JSON.stringify(body))
    return String(body['job_id'])
  }

  async job(id: string, query = ''): Promise<Body> {
    return (await this.ask('GET', `/jobs/${id}${query}`)).body
  }

  /** The leases of one call. */
  async lease(more: Body = {}): Promise<Leased[]> {
    const { status, body } = await this.ask('POST', '/worker/lease', this.request(more))
    assert.equal(status, 200, JSON.stringify(body))
    return itemsOf(body['leases']).map(leasedOf)
  }

  request(more: Body = {}): Body {
    return {
      worker: { id: this.worker, name: 'conformance', slots: 4 },
      queues: [this.queue],
      lease_ms: 15_000,
      ...more,
    }
  }

  get worker(): string {
    return `conformance-${this.queue}`
  }

  /** A job of its own, leased. */
  async held(more: Body = {}, lease: Body = {}): Promise<Leased & { id: string }> {
    const id = await this.submit(more)
    const [leased] = await this.lease({ wait_ms: 5_000, ...lease })
    assert.equal(leased?.job['job_id'], id, 'the job that was submitted is leased')
    return { ...leased, id }
  }

  say({ lease, job }: Leased, what: string, body: object = {}): Promise<Answer> {
    return this.ask('POST', `/worker/jobs/${String(job['job_id'])}/${what}`, body, lease)
  }

  keep({ lease, job }: Leased, key: string, result: unknown): Promise<Answer> {
    return this.ask('PUT', `/worker/jobs/${String(job['job_id'])}/steps/${encodeURIComponent(key)}`, { result }, lease)
  }

  /** How one lease stands, and perhaps its progress. */
  async beat({ lease }: Leased, progress: Body = {}): Promise<Body> {
    const { status, body } = await this.ask('POST', '/worker/heartbeat', {
      worker_id: this.worker,
      leases: [{ lease, ...progress }],
    })
    assert.equal(status, 200, JSON.stringify(body))
    return itemsOf(body['leases'])[0] ?? {}
  }

  /** A word for claims, new each time. */
  claim(): string {
    return `claim-${++this.#count}`
  }
}

/** The code of a problem. */
export function refused({ status, body }: Answer, expected: number, code: string): void {
  assert.deepEqual([status, body['code']], [expected, code], JSON.stringify(body))
}

/** Asks again until it fits; some things happen in their own time. */
export async function until<T>(ask: () => Promise<T>, fits: (value: T) => boolean, withinMs = 10_000): Promise<T> {
  for (const end = performance.now() + withinMs; ; ) {
    const value = await ask()
    if (fits(value)) return value
    assert.ok(performance.now() < end, `not within ${withinMs} ms; the last was ${JSON.stringify(value)}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

export function objectOf(value: unknown): Body {
  assert.ok(typeof value === 'object' && value !== null && !Array.isArray(value), 'an object')
  return Object.fromEntries(Object.entries(value))
}

export function itemsOf(value: unknown): Body[] {
  assert.ok(Array.isArray(value), 'a list')
  return value.map(objectOf)
}

function leasedOf(one: Body): Leased {
  const { lease, fence, job, steps } = one
  assert.ok(typeof lease === 'string' && typeof fence === 'number')
  return { lease, fence, job: objectOf(job), steps: itemsOf(steps) }
}

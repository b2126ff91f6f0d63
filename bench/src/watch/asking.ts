// How a client of a measurement asks for a job: with a key, over connections that stay open.
import { Agent, get, type IncomingMessage } from 'node:http'

export const key = 'wbk_bench_0123456789abcdef'
export const authorization = `Bearer ${key}`

// Given up before the server does: a poll on a connection that just ends would fail.
const agent = new Agent({ keepAlive: true, timeout: 3_000 })

export interface Answer {
  code: number
  etag: string | null
  /** Where Waybill read it. */
  source: string | null
  ms: number
}

export function poll(url: string, etag: string | null): Promise<Answer> {
  const began = performance.now()
  const headers = { authorization, ...(etag === null ? {} : { 'if-none-match': etag }) }
  return new Promise((resolve, reject) => {
    get(url, { agent, headers }, (response) => {
      response.resume().on('end', () => resolve(answered(response, performance.now() - began)))
    }).on('error', reject)
  })
}

function answered({ statusCode = 0, headers }: IncomingMessage, ms: number): Answer {
  if (statusCode !== 200 && statusCode !== 304) throw new Error(`a poll was answered with ${statusCode}`)
  return { code: statusCode, etag: headers.etag ?? null, source: String(headers['waybill-source'] ?? ''), ms }
}

export function jobUrl(server: string, id: string): string {
  return `${server}/api/v1/jobs/${id}`
}

/** The time of this machine, finer than a millisecond: the same in all processes. */
export function clockTime(): number {
  return performance.timeOrigin + performance.now()
}

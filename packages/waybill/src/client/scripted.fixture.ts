// A server that answers as the test says: one handler a path, every request noted. And a client whose waits are short.
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { JobView } from '../wire/job-view.ts'
import type { ClientEnv } from './env.ts'
import { WaybillClient, type ClientOptions, type Job } from './index.ts'

export type Answer = (request: IncomingMessage, response: ServerResponse, body: string) => void

export interface Noted {
  line: string
  authorization: string | undefined
  lastEventId: string | undefined
  key: string | undefined
  body: string
}

export interface Scripted {
  url: string
  requests: Noted[]
  /** The last one that fits answers; what none fits is answered 404 by nobody of Waybill's. */
  on(path: RegExp, answer: Answer): void
  client(more?: Partial<ClientOptions>): WaybillClient
  close(): Promise<void>
}

export async function scripted(): Promise<Scripted> {
  const answers: { path: RegExp; answer: Answer }[] = []
  const requests: Noted[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk) => (body += chunk))
    request.on('end', () => {
      requests.push(noted(request, body))
      const found = answers.findLast(({ path }) => path.test(request.url ?? ''))
      if (found) found.answer(request, response, body)
      else response.writeHead(404).end('<h1>nothing here</h1>')
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  const url = `http://127.0.0.1:${address.port}/api/v1`
  return {
    url,
    requests,
    on: (path, answer) => void answers.push({ path, answer }),
    client: (more = {}) => new WaybillClient({ url, env: hasty, ...more }),
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

function noted({ method, url, headers }: IncomingMessage, body: string): Noted {
  const text = (name: string) => (headers[name] === undefined ? undefined : String(headers[name]))
  const line = `${method} ${url?.replace('/api/v1', '')}`
  const [authorization, lastEventId, key] = ['authorization', 'last-event-id', 'idempotency-key'].map(text)
  return { line, authorization, lastEventId, key, body }
}

/** Waits that the client makes are cut short, so that what takes minutes in life takes milliseconds here. */
export const hasty: Pick<ClientEnv, 'after' | 'random'> = {
  after(ms, fn) {
    const timer = setTimeout(fn, Math.min(ms, ms > 1_000 ? 150 : 5))
    return () => clearTimeout(timer)
  },
  random: () => 0.5,
}

export async function seen(watching: AsyncIterable<Job>): Promise<string[]> {
  const states: string[] = []
  for await (const job of watching)
    states.push(`${job.rev} ${job.status}${job.progress === null ? '' : ` ${job.progress}`}`)
  return states
}

export function json(
  response: ServerResponse,
  status: number,
  value: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(value))
}

export type Send = (type: string, data: unknown, id?: string) => void

export function openStream(response: ServerResponse, heartbeatMs = 15_000): Send {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  const send: Send = (type, data, id) =>
    void response.write(`event: ${type}\n${id === undefined ? '' : `id: ${id}\n`}data: ${JSON.stringify(data)}\n\n`)
  send('hello', { stream_id: 's', heartbeat_ms: heartbeatMs, server_time: '2026-01-01T00:00:00.000Z' })
  return send
}

export function view(members: Partial<JobView> = {}): Partial<JobView> {
  return {
    job_id: 'j1',
    rev: 1,
    status: 'pending',
    progress: null,
    progress_message: null,
    result: null,
    error: null,
    ...members,
  }
}

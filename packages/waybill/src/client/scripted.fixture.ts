// A server that answers as the test says: one handler a path, every request noted.
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { JobView } from '../wire/job-view.ts'

export type Answer = (request: IncomingMessage, response: ServerResponse) => void

export interface Scripted {
  url: string
  /** Method and path of each request, with the headers that matter. */
  requests: { line: string; authorization: string | undefined; lastEventId: string | undefined; body: string }[]
  on(path: RegExp, answer: Answer): void
  close(): Promise<void>
}

export async function scripted(): Promise<Scripted> {
  const answers: { path: RegExp; answer: Answer }[] = []
  const requests: Scripted['requests'] = []
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk) => (body += chunk))
    request.on('end', () => {
      const { authorization, 'last-event-id': last } = request.headers
      requests.push({
        line: `${request.method} ${request.url}`,
        authorization,
        lastEventId: last === undefined ? undefined : String(last),
        body,
      })
      const found = answers.findLast(({ path }) => path.test(request.url ?? ''))
      if (found) found.answer(request, response)
      else json(response, 404, { code: 'not_found', detail: 'nothing here' })
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return {
    url: `http://127.0.0.1:${address.port}/api/v1`,
    requests,
    on: (path, answer) => void answers.push({ path, answer }),
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

export function json(
  response: ServerResponse,
  status: number,
  value: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(value))
}

export function openStream(
  response: ServerResponse,
  heartbeatMs = 15_000,
): (type: string, data: unknown, id?: string) => void {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  const send = (type: string, data: unknown, id?: string) =>
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

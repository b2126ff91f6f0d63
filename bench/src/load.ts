// A small HTTP/1.1 load maker on bare sockets: light enough for two cores to measure the server and not the client, above
// all with several requests at once on each. Runs in a process of its own: `node load.ts PORT PATH CONNECTIONS AT_ONCE MS [HEADER…]`.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { fileURLToPath } from 'node:url'

const self = fileURLToPath(import.meta.url)

export interface Load {
  port: number
  path: string
  connections: number
  /** Requests sent together on a connection, the next when all are answered. Default 1. */
  atOnce?: number
  ms: number
  headers?: string[]
}

/** Answers per second, and the status codes that came. */
export async function load({
  port,
  path,
  connections,
  atOnce = 1,
  ms,
  headers = [],
}: Load): Promise<{ perSecond: number; codes: Record<string, number> }> {
  const child = fork(self, [String(port), path, String(connections), String(atOnce), String(ms), ...headers], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const heard: { perSecond: number; codes: Record<string, number> }[] = await once(child, 'message')
  const [answer] = heard
  if (!answer) throw new Error('the load maker ended without an answer')
  await once(child, 'exit')
  return answer
}

if (process.argv[1] === self) {
  const [port = '', path = '', connections = '', atOnce = '', ms = '', ...headers] = process.argv.slice(2)
  const request = [`GET ${path} HTTP/1.1`, 'Host: 127.0.0.1', ...headers, '', ''].join('\r\n')
  const codes: Record<string, number> = {}
  const start = performance.now()
  const asked: Asked = { request, atOnce: Number(atOnce), until: start + Number(ms), codes }
  await Promise.all(Array.from({ length: Number(connections) }, () => keepAsking(Number(port), asked)))
  const count = Object.values(codes).reduce((a, b) => a + b, 0)
  process.send?.({ perSecond: Math.round((count / (performance.now() - start)) * 1_000), codes })
  process.disconnect?.()
}

interface Asked {
  request: string
  atOnce: number
  until: number
  codes: Record<string, number>
}

function keepAsking(port: number, { request, atOnce, until, codes }: Asked): Promise<void> {
  return new Promise((resolve, reject) => {
    const requests = request.repeat(atOnce)
    const socket = connect(port, '127.0.0.1', () => socket.write(requests))
    let [buffer, open] = ['', atOnce]
    socket
      .setEncoding('latin1')
      .on('error', reject)
      .on('close', () => resolve())
    socket.on('data', (chunk: string) => {
      buffer += chunk
      for (let length = wholeAnswer(buffer); length !== null; length = wholeAnswer(buffer)) {
        const code = buffer.slice(9, 12)
        codes[code] = (codes[code] ?? 0) + 1
        buffer = buffer.slice(length)
        open--
      }
      if (open > 0) return
      open = atOnce
      if (performance.now() >= until) socket.end()
      else socket.write(requests)
    })
  })
}

function wholeAnswer(text: string): number | null {
  const length = answerLength(text)
  return length === null || text.length < length ? null : length
}

function answerLength(text: string): number | null {
  const head = text.indexOf('\r\n\r\n')
  if (head < 0) return null
  if (text.startsWith('304', 9)) return head + 4
  const length = /content-length: (\d+)/i.exec(text.slice(0, head))
  if (!length) throw new Error(`the server sent no content-length: ${text.slice(0, head)}`)
  return head + 4 + Number(length[1])
}

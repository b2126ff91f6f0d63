// Many open event streams on bare sockets, each upon one job; what they are told is read and dropped.
import { connect, type Socket } from 'node:net'
import { authorization } from './asking.ts'

const atOnce = 100

/** Resolves once all are in step. Answers how to end them. */
export async function holdStreams(url: string, ids: string[]): Promise<() => void> {
  const port = Number(new URL(url).port)
  const sockets: Socket[] = []
  for (let from = 0; from < ids.length; from += atOnce)
    sockets.push(...(await Promise.all(ids.slice(from, from + atOnce).map((id) => hold(port, id)))))
  return () => {
    for (const socket of sockets) socket.destroy()
  }
}

function hold(port: number, id: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1')
    socket.write(`GET /api/v1/events?jobs=${id} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: ${authorization}\r\n\r\n`)
    socket.setEncoding('latin1').on('data', (text: string) => {
      if (text.includes('event: sync')) resolve(socket)
    })
    socket.on('error', reject)
  })
}

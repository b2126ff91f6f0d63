// One command to a Redis server, one answer as it came: enough to see that it serves and to join a cluster.
import { once } from 'node:events'
import { connect } from 'node:net'

const WITHIN_MS = 2_000

/** Words without spaces. Answers the reply's first line, or the text of a bulk reply. */
export async function askRedis(port: number, ...words: string[]): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  socket.setTimeout(WITHIN_MS, () => socket.destroy(new Error(`Redis on port ${port} is silent`)))
  try {
    await once(socket, 'connect')
    socket.write(`${words.join(' ')}\r\n`)
    let reply = ''
    for await (const piece of socket) {
      reply += String(piece)
      const whole = wholeReply(reply)
      if (whole !== null) return whole
    }
    throw new Error(`Redis on port ${port} closed the connection instead of answering ${words.join(' ')}`)
  } finally {
    socket.destroy()
  }
}

function wholeReply(reply: string): string | null {
  const line = reply.indexOf('\r\n')
  if (line < 0) return null
  const first = reply.slice(0, line)
  if (!first.startsWith('$')) return first
  const length = Number(first.slice(1))
  const text = reply.slice(line + 2)
  return text.length >= length + 2 ? text.slice(0, length) : null
}

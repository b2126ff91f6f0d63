// Free ports on loopback, outside the range from which outgoing connections take theirs: a client that tries again and
// again to reach a server that is down would else, one day, be given the server's own port and talk to itself.
import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'

const FROM = 15_000
const UNTIL = 30_000

export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const port = randomInt(FROM, UNTIL)
    if (await isFree(port)) return port
  }
  throw new Error(`no free port between ${FROM} and ${UNTIL} in 100 attempts`)
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer()
  try {
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    return true
  } catch (error) {
    if (error instanceof Error) return false
    throw error
  } finally {
    server.close()
  }
}

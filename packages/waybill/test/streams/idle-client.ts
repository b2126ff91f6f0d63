// A program: opens so many streams of one address, says when all have begun, and never reads any further.
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

const [url = '', many = '1'] = process.argv.slice(2)
const { hostname, port, pathname } = new URL(url)

async function open(): Promise<Socket> {
  const socket = connect(Number(port), hostname)
  socket.write(`GET ${pathname} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer operator\r\n\r\n`)
  await once(socket, 'readable')
  return socket.on('error', () => {})
}

for (let begun = 0; begun < Number(many); begun += 50) await Promise.all(Array.from({ length: 50 }, open))
process.stdout.write('begun\n')
process.stdin.resume().once('end', () => process.exit()) // never outlives the test

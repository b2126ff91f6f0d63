import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { systemClock } from '../../lib/clock.ts'
import { silentLogger } from '../../lib/log.ts'
import { Peers } from './peers.ts'
import { connectionOf, hasTables, readTables, waitingIn } from './tcp-table.ts'

let socket: Socket
const cleanups: (() => unknown)[] = []
beforeEach(async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const peer = connect((server.address() as AddressInfo).port, '127.0.0.1')
  socket = (await once(server, 'connection'))[0]
  cleanups.push(() => (peer.destroy(), socket.destroy(), new Promise((resolve) => server.close(resolve))))
})
afterEach(async () => {
  for (const clean of cleanups.splice(0)) await clean()
})

interface Row {
  timer?: 0 | 1 | 2 | 4
  resent?: number
  probes?: number
  bytes?: number
}

const hex = (n: number, digits: number) => n.toString(16).toUpperCase().padStart(digits, '0')

/** A line as Linux writes it. */
function line({ timer = 1, resent = 0, probes = 0, bytes = 100 }: Row): string {
  const end = (port: number | undefined) => `0100007F:${hex(port ?? 0, 4)}`
  const ends = `${end(socket.localPort)} ${end(socket.remotePort)}`
  return `12345: ${ends} 01 ${hex(bytes, 8)}:00000000 0${timer}:000000A5 ${hex(resent, 8)}     0        ${probes} 3435091 2 0`
}

/** Whether the connection is cut while Linux says one row after the other, a look each. */
async function isCutAfter(rows: Row[]): Promise<boolean> {
  const due: (() => void)[] = []
  const clock = { now: () => 0, after: (_ms: number, fn: () => void) => (due.push(fn), () => {}) }
  const tables = rows.map(line)
  new Peers(clock, silentLogger, () => Promise.resolve(tables.shift() ?? '')).watch(socket)
  while (tables.length > 0) {
    due.shift()?.()
    await new Promise((resolve) => setImmediate(resolve))
  }
  return socket.destroyed
}

const times = (n: number, row: Row) => Array.from({ length: n }, () => row)

test.runIf(hasTables).for<[boolean, string, Row[]]>([
  [true, 'does not answer for four looks', times(4, { resent: 5 })],
  [false, 'does not answer for three looks', times(3, { resent: 5 })],
  [false, 'answered in between', [...times(3, { resent: 5 }), { resent: 0 }, ...times(3, { resent: 5 })]],
  [false, 'answered, and is silent anew', [...times(3, { resent: 5 }), ...times(3, { resent: 4 })]],
  [false, 'loses a packet at each look', times(9, { resent: 1 })],
  [false, 'answers keepalive probes late', times(9, { timer: 2, probes: 2 })],
  [false, 'has much under way', times(9, { bytes: 4e6 })],
  [true, 'has no room, and does not answer', times(4, { timer: 4, probes: 3 })],
  [true, 'has no room and takes nothing for seven looks', times(7, { timer: 4 })],
  [false, 'has no room for six looks', times(6, { timer: 4 })],
  [
    false,
    'has no room, but takes a little each time',
    times(9, { timer: 4 }).map((row, i) => ({ ...row, bytes: 9_000 - i })),
  ],
])('%s: cut, a peer that %s', async ([isCut, , rows]) => {
  expect(await isCutAfter(rows)).toBe(isCut)
})

test('an idle connection is probed after 6 s, three times, on every system', () => {
  const probed = vi.spyOn(socket, 'setKeepAlive')
  new Peers(systemClock, silentLogger).watch(socket)
  expect(probed).toHaveBeenCalledWith(true, 6_000, 2_000, 3)
})

test.runIf(hasTables)(
  'a connection bears the same name in Node and in the tables of Linux, of either address family',
  async () => {
    for (const [host, to] of [
      ['127.0.0.1', '127.0.0.1'],
      ['::', '127.0.0.1'],
      ['::1', '::1'],
    ] as const) {
      const server = createServer((accepted) => void accepted.write('x'.repeat(8_000_000))).listen(0, host)
      await once(server, 'listening')
      const peer = connect((server.address() as AddressInfo).port, to) // never reads: something waits
      const accepted: Socket = (await once(server, 'connection'))[0]
      cleanups.push(() => (peer.destroy(), accepted.destroy(), new Promise((resolve) => server.close(resolve))))
      const names = async () => waitingIn(await readTables()).map(({ connection }) => connection)
      await expect.poll(names, { timeout: 5_000 }).toContain(connectionOf(accepted))
    }
  },
)

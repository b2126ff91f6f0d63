// The network that fails when told: each fault is what a client of a real network would see.
import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Proxy, startProxy } from './proxy.ts'

let echo: Server
let heard: string[]
let proxy: Proxy
let sockets: Socket[]

beforeEach(async () => {
  heard = []
  sockets = []
  echo = createServer((socket) => {
    socket.on('data', (bytes) => {
      heard.push(String(bytes))
      socket.write(bytes)
    })
    socket.on('error', () => undefined)
  }).listen(0, '127.0.0.1')
  await once(echo, 'listening')
  const address = echo.address()
  proxy = await startProxy(typeof address === 'object' ? (address?.port ?? 0) : 0)
})

afterEach(async () => {
  for (const socket of sockets) socket.destroy()
  await proxy.stop()
  echo.close()
})

async function open(): Promise<Socket> {
  const socket = connect(proxy.port, '127.0.0.1')
  sockets.push(socket)
  await once(socket, 'connect')
  return socket
}

async function say(socket: Socket, words: string): Promise<string> {
  socket.write(words)
  const [reply]: unknown[] = await once(socket, 'data')
  return String(reply)
}

/** Resolves when the server has heard so many pieces. */
async function serverHears(count: number): Promise<void> {
  await expect.poll(() => heard.length).toBe(count)
}

test('passes bytes on, and an orderly end', async () => {
  const socket = await open()
  expect(await say(socket, 'hello')).toBe('hello')
  socket.end()
  await once(socket, 'close')
})

test('cut resets the open connections; new ones work', async () => {
  const socket = await open()
  await say(socket, 'a')
  proxy.cut()
  await expect(once(socket, 'close')).rejects.toThrow(/ECONNRESET/)
  expect(await say(await open(), 'b')).toBe('b')
})

test('refuse refuses new connections, at once and until told otherwise; open ones stay', async () => {
  const socket = await open()
  await say(socket, 'a')
  proxy.refuse(true)
  await expect(open()).rejects.toThrow(/ECONNREFUSED/)
  expect(await say(socket, 'b')).toBe('b')
  proxy.refuse(false)
  expect(await say(await open(), 'c')).toBe('c')
})

test('a black hole accepts and is silent; whoever lost bytes in it never hears again, others do', async () => {
  const [idle, loser] = [await open(), await open()]
  await say(loser, 'a')
  proxy.blackhole(true)
  loser.write('lost')
  const late = await open()
  late.write('lost too')
  proxy.blackhole(false)
  expect(await say(idle, 'b')).toBe('b')
  for (const socket of [loser, late]) socket.end('never')
  await Promise.all([loser, late].map((socket) => once(socket.resume(), 'close').catch(() => 'reset')))
  expect(heard).toEqual(['a', 'b'])
})

test('a reply is cut after so many bytes, then reset, once', async () => {
  const socket = await open()
  proxy.cutReplyAfter(3)
  expect(await say(socket, 'hello')).toBe('hel')
  await expect(text(socket)).rejects.toThrow(/ECONNRESET/)
  expect(await say(await open(), 'b')).toBe('b')
})

test('a swallowed reply: the server has heard the request, the client hears nothing', async () => {
  const socket = await open()
  let replies = 0
  socket.on('data', () => (replies += 1))
  proxy.swallowNextReply()
  socket.write('hello')
  await serverHears(1)
  expect(await say(await open(), 'b')).toBe('b')
  expect([replies, proxy.harmed]).toEqual([0, 1])
})

test('latency delays each way', async () => {
  const socket = await open()
  proxy.latency(40)
  const began = performance.now()
  await say(socket, 'a')
  expect(performance.now() - began).toBeGreaterThanOrEqual(79)
})

test('bytes keep their order while latency changes', async () => {
  const socket = await open()
  const letters = 'a b c d e f g h i j k l m n'.split(' ')
  for (const [i, letter] of letters.entries()) {
    proxy.latency(i % 2 === 0 ? 10 : 0)
    socket.write(letter)
    await new Promise(setImmediate)
  }
  let all = ''
  while (all.length < letters.length) all += String((await once(socket, 'data'))[0])
  expect(all).toBe(letters.join(''))
})

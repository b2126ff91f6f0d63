// Clients that vanish leave nothing behind: no stream, no socket, nobody whom a change would be told.
import { connect, type Socket } from 'node:net'
import { once } from 'node:events'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { aStage, type Stage } from '../../src/http/http.fixture.ts'
import { serve, type Served } from '../../src/http/serve.ts'

let stage: Stage
let served: Served
beforeEach(async () => {
  stage = await aStage()
  served = await serve(stage.core, { port: 0, auth: () => stage.auth, graceMs: 1_000 })
})
afterEach(async () => {
  await served.close()
  await stage.close()
})

async function streams(): Promise<number> {
  const response = await fetch(`${served.url}/metrics`, { headers: { authorization: 'Bearer operator' } })
  return Number(/^waybill_streams (\d+)$/m.exec(await response.text())?.[1])
}

const sockets = () => process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length

/** A stream whose bytes are left where they are. */
async function open(id: string, reads = true): Promise<Socket> {
  const socket = connect(served.port, '127.0.0.1')
  socket.on('error', () => {}) // a reset is what is tested
  socket.write(`GET /api/v1/jobs/${id}/events HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer operator\r\n\r\n`)
  if (reads) await once(socket, 'data')
  return socket
}

async function openMany(n: number, id: string, reads = true): Promise<Socket[]> {
  const all: Socket[] = []
  while (all.length < n) all.push(...(await Promise.all(Array.from({ length: 50 }, () => open(id, reads)))))
  return all
}

test('a thousand clients reset their connections: streams, sockets and followers are back where they were', async () => {
  const id = await stage.submit('ann')
  const before = { streams: await streams(), sockets: sockets() }
  const all = await openMany(1_000, id)
  expect(await streams()).toBe(1_000)
  for (const socket of all) socket.resetAndDestroy()
  await expect.poll(streams, { timeout: 20_000 }).toBe(before.streams)
  await expect.poll(sockets, { timeout: 20_000 }).toBeLessThanOrEqual(before.sockets + 1)
  const look = vi.spyOn(stage.parts.engine, 'get')
  await stage.claim()
  expect(look).not.toHaveBeenCalled() // nobody follows: a change is not even read
})

test('a client that leaves while it is being answered leaves no stream', async () => {
  const id = await stage.submit('ann')
  for (const socket of await openMany(100, id, false)) socket.resetAndDestroy()
  await expect.poll(streams, { timeout: 20_000 }).toBe(0)
})

test('a client that has left before its stream is opened leaves none', async () => {
  const id = await stage.submit('ann')
  const asked = Promise.withResolvers<void>()
  const left = Promise.withResolvers<void>()
  const who = stage.auth.principal.bind(stage.auth)
  vi.spyOn(stage.auth, 'principal').mockImplementationOnce(async (request) => {
    asked.resolve()
    await left.promise
    return who(request)
  })
  const socket = await open(id, false)
  await asked.promise
  const before = sockets()
  socket.resetAndDestroy()
  await expect.poll(sockets).toBe(before - 2) // both ends
  const opened = vi.spyOn(stage.parts.watch, 'follow')
  left.resolve()
  await expect.poll(() => opened.mock.calls.length).toBe(1)
  await expect.poll(streams).toBe(0)
})

test('clients that never read hold no more than their first megabyte, and end with the server', async () => {
  const ids: string[] = []
  for (let i = 0; i < 12; i++) ids.push(await stage.submit('ann', { priority: 10 - (i % 10) }))
  const stuck = await Promise.all(
    Array.from({ length: 20 }, async () => {
      const socket = connect(served.port, '127.0.0.1')
      socket.on('error', () => {})
      const path = `/api/v1/events?jobs=${ids.join(',')}`
      socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer operator\r\n\r\n`)
      await once(socket, 'readable')
      return socket // nobody reads: it is paused
    }),
  )
  for (let i = 0; i < 12; i++) await stage.complete({ big: 'x'.repeat(250_000) })
  await served.close()
  expect(stuck).toHaveLength(20)
  for (const socket of stuck) socket.destroy()
  await expect.poll(sockets, { timeout: 20_000 }).toBeLessThanOrEqual(1)
})

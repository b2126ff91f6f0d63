// Peers that vanish without a word, seen over a real network that swallows all they send: within 45 s nothing of them is
// left, whether events are under way to them or not; readers beside them stay, however slow.
import { once } from 'node:events'
import { createServer } from 'node:http'
import { connect, type Socket } from 'node:net'
import { afterEach, expect, test, vi } from 'vitest'
import { aStage, type Stage } from '../../src/http/http.fixture.ts'
import { toNodeHandler } from '../../src/http/node/handler.ts'
import { FarPeer, whyNoFarPeer } from './far-peer.fixture.ts'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const clean of cleanups.splice(0).toReversed()) await clean()
})

const why = whyNoFarPeer()
const mostMs = 45_000

test.skipIf(why !== null)(
  `peers that vanish are let go of within 45 s, whatever is under way to them; a slow reader stays${why === null ? '' : ` (${why})`}`,
  { timeout: 90_000 },
  async () => {
    const before = sockets()
    const { stage, url, far, gauge } = await aNetwork()
    const busy = await stage.submit('ann', { priority: 10 })
    const toldOnce = await stage.submit('ann', { priority: 5 })
    const quiet = await stage.submit('ann')
    const slow = await aSlowReader(url, busy)
    const fifteen = (id: string) => Array.from({ length: 15 }, () => `${url}/jobs/${id}/events`)
    await far.open([busy, toldOnce, quiet].flatMap(fifteen))
    expect(await gauge()).toBe(46)
    const { fence } = await stage.claim()
    far.vanish()
    await stage.claim()
    const stop = keepTelling(stage, busy, fence)
    await expect.poll(gauge, { timeout: mostMs, interval: 500 }).toBe(1)
    await stop()
    expect(slow.destroyed).toBe(false)
    slow.destroy()
    await expect.poll(gauge).toBe(0)
    await expect.poll(sockets).toBeLessThanOrEqual(before)
    const look = vi.spyOn(stage.parts.engine, 'get')
    await stage.claim()
    expect(look).not.toHaveBeenCalled() // nobody follows: a change is not even read
  },
)

const sockets = () => process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length

async function aNetwork() {
  const stage = await aStage()
  cleanups.push(() => stage.close())
  const far = new FarPeer()
  cleanups.push(() => far.close())
  const server = createServer(toNodeHandler(stage.face.fetch)).listen(0, far.near)
  cleanups.push(() => (server.closeAllConnections(), new Promise((resolve) => server.close(resolve))))
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  const gauge = async (): Promise<number> =>
    Number(/^waybill_streams (\d+)$/m.exec(await (await stage.ask('operator', 'GET', '/metrics')).text())?.[1])
  return { stage, far, gauge, url: `http://${far.near}:${address.port}/api/v1` }
}

/** Takes a little each second. */
async function aSlowReader(url: string, id: string): Promise<Socket> {
  const { hostname, port, pathname } = new URL(`${url}/jobs/${id}/events`)
  const socket = connect(Number(port), hostname)
  socket.write(`GET ${pathname} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer operator\r\n\r\n`)
  await once(socket, 'readable')
  const timer = setInterval(() => void socket.read(1_000), 1_000)
  cleanups.push(() => (clearInterval(timer), socket.destroy()))
  return socket
}

/** Something happens to the job again and again, until told to stop. */
function keepTelling(stage: Stage, id: string, fence: number): () => Promise<void> {
  let goes = true
  let n = 0
  const told = (async () => {
    for (; goes; n++) {
      await stage.parts.engine.note([{ id, fence, progress: (n % 1_000) / 1_000, progressMessage: 'x'.repeat(100) }])
      await new Promise((resolve) => setTimeout(resolve, 200))
    }
  })()
  return () => ((goes = false), told)
}

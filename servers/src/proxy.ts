// A TCP proxy before a port, to make the network fail on purpose: resets, refusals, silence, lost and torn replies.
//
//   client ──▶ Link ──▶ server       A connection that has lost bytes never speaks again (what came after would be
//          ◀──      ◀──              garbage no network delivers): it stays open and silent until one side closes it.
import { once } from 'node:events'
import { connect, createServer, type Server as NetServer, type Socket } from 'node:net'
import { delayedPipe, type Pipe } from './delay.ts'
import { freePort } from './port.ts'

export interface Proxy {
  port: number
  /** Resets the open connections. */
  cut: () => void
  /** Whether new connections are refused; open ones stay. */
  refuse: (on: boolean) => void
  /** Whether bytes are swallowed both ways; connections stay open, new ones are accepted and silent. */
  blackhole: (on: boolean) => void
  /** The reply to the next request on any connection ends after so many bytes, with a reset. */
  cutReplyAfter: (bytes: number) => void
  /** The reply to the next request is lost, and with it all that connection would say later. */
  swallowNextReply: () => void
  /** How many replies have been cut or swallowed so. */
  readonly harmed: number
  /** Every piece of data arrives so much later, each way. */
  latency: (ms: number) => void
  stop: () => Promise<void>
}

/** How the next reply ends: after so many bytes with a reset, or in silence. */
type Fault = { kind: 'cut'; after: number } | { kind: 'swallow' }

interface State {
  targetPort: number
  links: Set<Link>
  silent: boolean
  latencyMs: number
  /** Waits for the next request. */
  armed: Fault | null
  harmed: number
}

interface Link {
  client: Socket
  server: Socket
  /** Has lost bytes. */
  dead: boolean
  fault: Fault | null
  /** Both sides are closed. */
  gone: Promise<unknown>
}

export async function startProxy(targetPort: number): Promise<Proxy> {
  const state: State = { targetPort, links: new Set(), silent: false, latencyMs: 0, armed: null, harmed: 0 }
  const port = await freePort()
  const door = new Door(port, (client) => accept(state, client))
  await door.open()
  return {
    port,
    cut: () => cutAll(state),
    refuse: (on) => (on ? door.close() : void door.open()),
    blackhole: (on) => void (state.silent = on),
    cutReplyAfter: (bytes) => void (state.armed = { kind: 'cut', after: bytes }),
    swallowNextReply: () => void (state.armed = { kind: 'swallow' }),
    get harmed() {
      return state.harmed
    },
    latency: (ms) => void (state.latencyMs = ms),
    stop: async () => {
      door.close()
      cutAll(state)
      await Promise.all([...state.links].map((link) => link.gone))
    },
  }
}

/** The listening socket. */
class Door {
  #server: NetServer | null = null
  readonly #port: number
  readonly #accept: (client: Socket) => void

  constructor(port: number, accept: (client: Socket) => void) {
    this.#port = port
    this.#accept = accept
  }

  async open(): Promise<void> {
    if (this.#server !== null) return
    this.#server = createServer(this.#accept).listen(this.#port, '127.0.0.1')
    await once(this.#server, 'listening')
  }

  /** Nobody gets in any more; connections inside may stay. */
  close(): void {
    this.#server?.close()
    this.#server = null
  }
}

function accept(state: State, client: Socket): void {
  const server = connect(state.targetPort, '127.0.0.1')
  const gone = Promise.all([client, server].map((side) => new Promise((done) => side.once('close', done))))
  const link: Link = { client, server, dead: state.silent, fault: null, gone }
  state.links.add(link)
  const toServer = delayedPipe(link.server, () => state.latencyMs)
  const toClient = delayedPipe(client, () => state.latencyMs)
  client.on('data', (bytes: Buffer) => request(state, link, toServer, bytes))
  link.server.on('data', (bytes: Buffer) => reply(state, link, toClient, bytes))
  join(state, link, client, toServer)
  join(state, link, link.server, toClient)
}

/** What one side's end means for the other: an orderly end is passed on behind the data, a broken one is a reset. */
function join(state: State, link: Link, side: Socket, away: Pipe): void {
  side.setNoDelay(true)
  side.on('end', () => away.end())
  side.on('error', () => reset(link))
  side.on('close', () => {
    away.drop()
    if (link.client.destroyed && link.server.destroyed) state.links.delete(link)
    else if (link.dead) reset(link)
  })
}

function request(state: State, link: Link, toServer: Pipe, bytes: Buffer): void {
  if (state.silent) link.dead = true
  if (link.dead) return
  if (state.armed !== null) {
    link.fault = state.armed
    state.armed = null
  }
  toServer.write(bytes)
}

function reply(state: State, link: Link, toClient: Pipe, bytes: Buffer): void {
  const { fault } = link
  if (link.dead) return
  if (state.silent || fault?.kind === 'swallow') return lose(state, link)
  if (fault?.kind !== 'cut') return toClient.write(bytes)
  const left = fault.after
  fault.after -= bytes.length
  if (bytes.length < left) return toClient.write(bytes)
  lose(state, link)
  if (left > 0) toClient.write(bytes.subarray(0, left))
  toClient.afterAll(() => reset(link))
}

function lose(state: State, link: Link): void {
  link.dead = true
  if (link.fault !== null) state.harmed += 1
}

function cutAll(state: State): void {
  for (const link of state.links) reset(link)
}

function reset(link: Link): void {
  for (const side of [link.client, link.server]) side.resetAndDestroy()
}

// A Redis Cluster on loopback: real nodes, each with its share of the slots, no replicas.
import { setTimeout as pause } from 'node:timers/promises'
import { freePort } from './port.ts'
import type { Server } from './process.ts'
import { startRedis } from './redis.ts'
import { askRedis } from './resp.ts'

const SLOTS = 16_384
const FORMS_WITHIN_MS = 20_000

export interface Cluster {
  /** redis://127.0.0.1:p1,127.0.0.1:p2,… */
  url: string
  nodes: Server[]
  stop: () => Promise<void>
}

export async function startCluster(masters = 3): Promise<Cluster> {
  const members = await Promise.all(Array.from({ length: masters }, startNode))
  const nodes = members.map((member) => member.server)
  const stop = async () => void (await Promise.all(nodes.map((node) => node.stop())))
  try {
    await join(members)
  } catch (error) {
    await stop()
    throw error
  }
  return { url: `redis://${nodes.map((node) => `127.0.0.1:${node.port}`).join(',')}`, nodes, stop }
}

interface Node {
  server: Server
  /** The port on which the nodes talk to one another. */
  bus: number
}

async function startNode(): Promise<Node> {
  const bus = await freePort()
  const settings = { 'cluster-enabled': 'yes', 'cluster-node-timeout': '2000', 'cluster-port': String(bus) }
  return { server: await startRedis({ settings }), bus }
}

async function join(nodes: Node[]): Promise<void> {
  const share = SLOTS / nodes.length
  for (const [
    i,
    {
      server: { port },
    },
  ] of nodes.entries()) {
    const slots = [Math.round(i * share), Math.round((i + 1) * share) - 1].map(String)
    await must(port, 'CLUSTER', 'SET-CONFIG-EPOCH', String(i + 1))
    await must(port, 'CLUSTER', 'ADDSLOTSRANGE', ...slots)
  }
  // Only now: a node that another has met already takes no epoch any more.
  for (const { server } of nodes) await meet(server.port, nodes)
  const deadline = performance.now() + FORMS_WITHIN_MS
  for (const {
    server: { port },
  } of nodes) {
    while (!(await knowsAll(port, nodes.length))) {
      if (performance.now() > deadline) throw new Error(`the Redis Cluster of ${nodes.length} nodes does not form`)
      await pause(50)
    }
  }
}

/** Each node meets all others itself: waiting for gossip would take seconds. */
async function meet(port: number, nodes: Node[]): Promise<void> {
  for (const { server, bus } of nodes) {
    if (server.port !== port) await must(port, 'CLUSTER', 'MEET', '127.0.0.1', String(server.port), String(bus))
  }
}

async function must(port: number, ...words: string[]): Promise<void> {
  const reply = await askRedis(port, ...words)
  if (reply !== '+OK') throw new Error(`Redis answered ${words.join(' ')} with ${reply}`)
}

async function knowsAll(port: number, count: number): Promise<boolean> {
  const info = await askRedis(port, 'CLUSTER', 'INFO')
  const wanted = [
    'cluster_state:ok',
    `cluster_known_nodes:${count}`,
    `cluster_slots_ok:${SLOTS}`,
    `cluster_size:${count}`,
  ]
  return wanted.every((line) => info.split('\r\n').includes(line))
}

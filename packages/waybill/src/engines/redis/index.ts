// Opens a `redis:` URL (place.ts says which): connects, asks what the server keeps, refuses one that would lose jobs.
import type { Redis, RedisOptions } from 'ioredis'
import type { EngineOptions } from '../../engine/engine.ts'
import { WaybillError } from '../../job/errors.ts'
import { keepingOf, type Keeping } from './durability.ts'
import { RedisEngine } from './engine.ts'
import { foundShards } from './migrate.ts'
import { placeOf, type Place } from './place.ts'
import { clusterOptions, connectionOptions, Port, type ConnectionOptions } from './port.ts'
import { text } from './reply.ts'

export { RedisEngine }

const oldestMajor = 7

/** Connects within about 2 s; does not migrate. Throws `bad_request` for a URL or a server that cannot serve, `engine_unavailable` when none answers. */
export async function openRedis(url: string, options: EngineOptions = {}): Promise<RedisEngine> {
  const place = placeOf(url)
  const port = await portTo(place)
  await port.open()
  try {
    await refuseOld(port)
    const keeping = await keepingOf(port)
    refuse(keeping, place)
    const shards = (await foundShards(port, place.prefix)) ?? place.shards
    return new RedisEngine(port, place.prefix, shards, options)
  } catch (error) {
    await port.close()
    throw error
  }
}

async function portTo(place: Place): Promise<Port> {
  const driver = await import('ioredis').catch((cause: unknown) => {
    throw new WaybillError('bad_request', 'redis: the driver is not installed; run: npm install ioredis', { cause })
  })
  const shared = sharedOptions(place)
  const at = place.hosts.map(({ host, port }) => `${host}:${port}`).join(', ')
  if (place.cluster) {
    const cluster = new driver.Cluster(place.hosts, { ...clusterOptions, redisOptions: shared })
    return new Port(cluster, cluster, at)
  }
  const one = (): Redis => new driver.Redis({ ...shared, ...targetOf(place) })
  return new Port(one(), one(), at)
}

type Shared = ConnectionOptions & Pick<RedisOptions, 'username' | 'password' | 'tls'>

function sharedOptions({ username, password, tls }: Place): Shared {
  return {
    ...connectionOptions,
    ...(username === null ? {} : { username }),
    ...(password === null ? {} : { password }),
    ...(tls ? { tls: {} } : {}),
  }
}

function targetOf({ hosts, sentinel, db }: Place): Pick<RedisOptions, 'host' | 'port' | 'db' | 'sentinels' | 'name'> {
  const [first] = hosts
  if (sentinel !== null) return { sentinels: hosts, name: sentinel, db }
  return { host: first?.host ?? 'localhost', port: first?.port ?? 6_379, db }
}

async function refuseOld(port: Port): Promise<void> {
  const info = text(await port.call('INFO', 'server'))
  const version = /redis_version:(\d+)\.(\S+)/.exec(info)
  if (version && Number(version[1]) < oldestMajor)
    throw new WaybillError(
      'bad_request',
      `redis: Redis ${oldestMajor} or Valkey is needed, this is ${version[1]}.${version[2]}`,
    )
}

function refuse({ durability, problem }: Keeping, { durable }: Place): void {
  if (problem !== null) throw new WaybillError('bad_request', `redis: ${problem}`)
  if (durable && durability === 'volatile')
    throw new WaybillError('bad_request', 'redis: durability=durable was asked for, but the server has appendonly no')
}

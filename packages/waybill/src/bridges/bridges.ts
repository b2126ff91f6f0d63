// All bridges of this process: their connections, and the roles by which upkeep runs them. Put together in parts.ts.
import { WaybillError } from '../job/errors.ts'
import type { Logger } from '../lib/log.ts'
import type { Role } from '../upkeep/loop.ts'
import type { Bridge, DeskParts } from './desk.ts'
import { Link } from './link.ts'
import { Runner } from './runner.ts'

export interface BridgesParts extends Omit<DeskParts, 'link'> {
  /** The Redis of bridges that name none; null: there is none. */
  redis: string | null
}

export class Bridges {
  readonly roles: Role[]
  readonly #links = new Map<string, Link>()

  /** Throws `bad_request` when a bridge has no Redis, or when two would write the same. Connects to nothing yet. */
  constructor(bridges: readonly Bridge[], parts: BridgesParts) {
    const holder = parts.newId()
    const twice = bridges.find(({ name }, i) => bridges.findIndex((other) => other.name === name) < i)
    if (twice) throw new WaybillError('bad_request', `bridges: there are two of "${twice.name}"; leave one out`)
    this.roles = bridges.map((bridge) => {
      const link = this.#linkTo(bridge.redis ?? parts.redis ?? noRedis(bridge), parts.log)
      return new Runner(bridge, { ...parts, link }, holder).role
    })
  }

  /** After upkeep has stopped. */
  close(): void {
    for (const link of this.#links.values()) link.close()
  }

  #linkTo(url: string, log: Logger): Link {
    const link = this.#links.get(url) ?? new Link(url)
    if (!this.#links.has(url)) link.onTurn((isUp, cause) => say(log, url, isUp, cause))
    this.#links.set(url, link)
    return link
  }
}

function say(log: Logger, url: string, isUp: boolean, cause: unknown): void {
  const at = URL.parse(url)?.host ?? 'its address'
  if (isUp) return log.info({}, `the Redis of the bridges at ${at} answers`)
  const words = `the Redis of the bridges at ${at} does not answer: jobs go on, and what it has missed is written when it does`
  log.warn({ cause: cause instanceof Error ? cause.message : cause }, words)
}

function noRedis({ name }: Bridge): never {
  const what = `bridges: "${name}" needs a Redis; set REDIS_URL, or give the bridge its own: { redis: 'redis://…' }`
  throw new WaybillError('bad_request', what)
}

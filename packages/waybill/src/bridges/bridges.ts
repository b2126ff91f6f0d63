// All bridges of this process: their connections, and the roles by which upkeep runs them. Put together in parts.ts.
import { WaybillError } from '../job/errors.ts'
import type { Logger } from '../lib/log.ts'
import type { Role } from '../upkeep/loop.ts'
import type { Bridge, DeskParts } from './desk.ts'
import { Link } from './link.ts'
import { Runner } from './runner.ts'
import { verify, type Divergence } from './verify.ts'

export interface BridgesParts extends Omit<DeskParts, 'link'> {
  /** The Redis of bridges that name none; null: there is none. */
  redis: string | null
}

export class Bridges {
  readonly roles: Role[]
  readonly #parts: BridgesParts
  readonly #bridges: readonly Bridge[]
  readonly #links = new Map<string, Link>()

  /** Of bridges that were checked. Connects to nothing yet. */
  constructor(bridges: readonly Bridge[], parts: BridgesParts) {
    this.#parts = parts
    this.#bridges = bridges
    const holder = parts.newId()
    this.roles = bridges.map((bridge) => {
      const link = this.#linkOf(bridge)
      return new Runner(bridge, { ...parts, link }, holder).role
    })
  }

  /** After upkeep has stopped. */
  close(): void {
    for (const link of this.#links.values()) link.close()
  }

  /** Compares what status bridges keep with the jobs. Throws `bad_request` when there are none, `engine_unavailable`. */
  async verify(sample: number): Promise<{ looked: number; wrong: Divergence[] }> {
    const mirrors = this.#bridges.flatMap((bridge) => (bridge.mirror ? [{ bridge, mirror: bridge.mirror }] : []))
    if (mirrors.length === 0)
      throw new WaybillError('bad_request', 'there is no status bridge; name them as `bridges` in waybill.config.ts')
    const all = { looked: 0, wrong: new Array<Divergence>() }
    for (const { bridge, mirror } of mirrors) {
      const link = this.#linkOf(bridge)
      await link.ready(this.#parts.clock)
      const { looked, wrong } = await verify({ ...this.#parts, link }, bridge, mirror, sample)
      all.looked += looked
      all.wrong.push(...wrong)
    }
    return all
  }

  #linkOf(bridge: Bridge): Link {
    const url = placeOf(bridge, this.#parts.redis)
    const known = this.#links.get(url)
    if (known) return known
    const link = new Link(url)
    link.onTurn((isUp, cause) => say(this.#parts.log, url, isUp, cause))
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

/** Throws `bad_request` for what is no bridge, has no Redis, or is there twice. */
export function checkBridges(bridges: readonly Bridge[], redis: string | null): void {
  for (const [i, bridge] of bridges.entries()) {
    if (typeof bridge?.desk !== 'function')
      throw bad('expected what statusHash(), statusJson(), statusLegacy(), list() and dialect() make')
    placeOf(bridge, redis)
    if (bridges.findIndex(({ name }) => name === bridge.name) < i)
      throw bad(`there are two of "${bridge.name}"; leave one out`)
  }
}

function placeOf({ name, redis }: Bridge, otherwise: string | null): string {
  const url = redis ?? otherwise
  if (url !== null) return url
  throw bad(`"${name}" needs a Redis; set REDIS_URL, or give the bridge its own: { redis: 'redis://…' }`)
}

function bad(why: string): WaybillError {
  return new WaybillError('bad_request', `bridges: ${why}`)
}

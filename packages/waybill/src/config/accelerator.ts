// Which Redis stands in front of the engine, if any. REDIS_URL is a common variable: where it makes no sense it is
// passed over with a word; what code asks for and cannot have is refused.
import { Said, type Environment } from './environment.ts'
import type { SettingOptions } from './options.ts'
import type { AcceleratorSettings, Settings } from './settings.ts'

export interface BridgePlace {
  redis: string | null
  /** Begins keys of our own there. */
  prefix: string
}

const isRedis = (url: string): boolean => /^(redis|valkey)s?:/.test(url)
const shape = /^(redis|valkey)s?:\/\/[^,]+$/

/** Null: none. Throws a TypeError or RangeError that names the setting. */
export function acceleratorOf(options: SettingOptions, said: Said): AcceleratorSettings | null {
  const url = options.accelerator ?? said.textOrNull('accelerator')
  if (url === null) return null
  const name = options.accelerator === undefined ? said.label('accelerator') : 'accelerator'
  if (isRedis(options.engine ?? said.text('engine'))) return refuseInCode(options)
  if (!shape.test(url) || URL.parse(url) === null)
    throw new TypeError(`${name}: expected one server such as redis://host:6379, got something else`)
  return { url: url.replace(/^valkey/, 'redis'), prefix: prefixOf(said), ttlMs: ttlOf(said) }
}

/** Where bridges write that name no Redis of their own: the accelerator, or the engine when it is one server; null: nowhere. */
export function bridgePlace({ accelerator, engineUrl }: Pick<Settings, 'accelerator' | 'engineUrl'>): BridgePlace {
  const [server = ''] = engineUrl.split('?')
  const engine =
    shape.test(server) && !/[?&](sentinel|cluster)=/.test(engineUrl) ? server.replace(/^valkey/, 'redis') : null
  return { redis: accelerator?.url ?? engine, prefix: accelerator?.prefix ?? 'wb:' }
}

/** What to say of an accelerator that the environment names and nothing would use. */
export function idleAccelerator(options: SettingOptions, env: Environment, cwd: string): string[] {
  const said = new Said(env, cwd)
  if (said.textOrNull('accelerator') === null || !isRedis(options.engine ?? said.text('engine'))) return []
  return [`${said.label('accelerator')} is passed over: the engine is itself a Redis and needs no accelerator`]
}

function refuseInCode({ accelerator }: SettingOptions): null {
  if (accelerator === undefined) return null
  throw new TypeError('accelerator: the engine is itself a Redis, there is nothing to accelerate; leave it out')
}

function prefixOf(said: Said): string {
  const prefix = said.text('prefix')
  if (/^[A-Za-z0-9:_.-]{1,64}$/.test(prefix)) return prefix
  throw new TypeError(`WAYBILL_PREFIX: expected 1 to 64 letters, digits or : _ . -, got "${prefix}"`)
}

function ttlOf(said: Said): number {
  const ttlMs = said.ms('statusTtl', undefined)
  if (ttlMs >= 1_000) return ttlMs
  throw new RangeError(`WAYBILL_STATUS_TTL: expected at least 1s, got ${ttlMs} ms`)
}

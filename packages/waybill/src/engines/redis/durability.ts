// What a Redis promises to keep, read from its own settings: `durable` survives a power cut whole, `relaxed` may lose the
// last second, `volatile` may lose everything. A server that evicts keys would lose jobs and is refused.
import type { EngineHealth } from '../../engine/engine.ts'
import { WaybillError } from '../../job/errors.ts'
import type { Port } from './port.ts'
import { pairs } from './reply.ts'

export type Durability = EngineHealth['durability']

export interface Keeping {
  durability: Durability
  /** Null when well, else why this server must not be used. */
  problem: string | null
}

export async function keepingOf(port: Port): Promise<Keeping> {
  const settings = await settingsOf(port)
  if (!settings) return { durability: 'relaxed', problem: null } // CONFIG is forbidden (managed Redis): nothing better is known
  return {
    durability: durabilityOf(settings),
    problem: evicts(settings)
      ? `maxmemory-policy is ${settings.policy}, which deletes jobs when memory runs out; set it to noeviction`
      : null,
  }
}

/** Whether the server may delete jobs to make room. */
export function evicts({ policy, maxmemory }: KeepingSettings): boolean {
  return policy !== 'noeviction' && !(policy.startsWith('volatile') && maxmemory === '0')
}

function durabilityOf({ appendonly, appendfsync }: KeepingSettings): Durability {
  if (appendonly !== 'yes') return 'volatile'
  return appendfsync === 'always' ? 'durable' : 'relaxed'
}

/** The settings that decide what a server keeps. */
export interface KeepingSettings {
  appendonly: string
  appendfsync: string
  maxmemory: string
  policy: string
}

export const keepingNames: string[] = ['appendonly', 'appendfsync', 'maxmemory', 'maxmemory-policy']

/** From the answer to CONFIG GET with those names. */
export function settingsFrom(reply: unknown): KeepingSettings {
  const found = new Map(pairs(reply))
  return {
    appendonly: found.get('appendonly') ?? 'no',
    appendfsync: found.get('appendfsync') ?? 'no',
    maxmemory: found.get('maxmemory') ?? '0',
    policy: found.get('maxmemory-policy') ?? 'noeviction',
  }
}

async function settingsOf(port: Port): Promise<KeepingSettings | null> {
  try {
    return settingsFrom(await port.call('CONFIG', 'GET', ...keepingNames))
  } catch (error) {
    if (error instanceof WaybillError) throw error
    return null
  }
}

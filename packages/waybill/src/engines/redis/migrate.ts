// The layout of a store and how many shards it has: written once into every shard's meta row, and never changed after.
import { WaybillError } from '../../job/errors.ts'
import type { Port } from './port.ts'
import { textOrNull } from './reply.ts'

/** The layout that this version works with. */
export const wantedLayout = 1

export async function foundLayout(port: Port, prefix: string): Promise<number> {
  return Number(textOrNull(await port.call('HGET', `${prefix}{0}.meta`, 'layout')) ?? 0)
}

/** How many shards the store has; null when there is none yet. */
export async function foundShards(port: Port, prefix: string): Promise<number | null> {
  const found = textOrNull(await port.call('HGET', `${prefix}{0}.meta`, 'shards'))
  return found === null ? null : Number(found)
}

/** Safe from several processes at once: each field is set by whoever comes first. */
export async function migrate(port: Port, prefix: string, shards: number): Promise<{ from: number; to: number }> {
  const from = await foundLayout(port, prefix)
  if (from >= wantedLayout) return { from, to: from }
  for (let i = shards - 1; i >= 0; i--) {
    await port.call('HSETNX', `${prefix}{${i}}.meta`, 'shards', shards)
    const made = Number(textOrNull(await port.call('HGET', `${prefix}{${i}}.meta`, 'shards')))
    if (made !== shards)
      throw new WaybillError(
        'bad_request',
        `redis: another process is making this store with ${made} shards; this one asked for ${shards}`,
      )
    await port.call('HSETNX', `${prefix}{${i}}.meta`, 'layout', wantedLayout)
  }
  return { from, to: wantedLayout }
}

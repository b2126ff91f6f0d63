// What doctor hears of an accelerator: whether it answers, what it is, and whether it drops old entries when it is full.
import type { Remark } from '../engine/remark.ts'
import { errorText } from '../lib/error-text.ts'
import type { Clock } from '../lib/clock.ts'
import { placeOf } from './accelerator.ts'
import { Link } from './link.ts'

const about = 'accelerator'

/** Reads only. Nothing here is worse than a warning: work goes on without an accelerator. */
export async function inspectAccelerator(url: string, clock: Clock): Promise<Remark[]> {
  const at = placeOf(url)
  const link = new Link({ clock, url, channel: 'waybill:doctor', heard: () => {}, lost: () => {} })
  try {
    await link.open()
    const info = await link.info()
    return [{ level: 'ok', about, text: `${versionIn(info)} at ${at} answers` }, ...memory(info)]
  } catch (error) {
    const text = `${at} does not answer (${errorText(error)}): work goes on without it, news and reads take longer; start it, or unset REDIS_URL`
    return [{ level: 'warn', about, text }]
  } finally {
    link.close()
  }
}

function memory(info: string): Remark[] {
  const limit = Number(/^maxmemory:(\d+)/m.exec(info)?.[1] ?? 0)
  const policy = /^maxmemory_policy:(\S+)/m.exec(info)?.[1] ?? 'unknown'
  if (limit === 0 || policy !== 'noeviction') return []
  const text = `maxmemory-policy is ${policy}: once it is full it takes nothing new; if nothing else lives there, set it to allkeys-lru`
  return [{ level: 'warn', about, text }]
}

function versionIn(info: string): string {
  const valkey = /valkey_version:(\S+)/.exec(info)?.[1]
  return valkey === undefined ? `Redis ${/redis_version:(\S+)/.exec(info)?.[1] ?? '?'}` : `Valkey ${valkey}`
}

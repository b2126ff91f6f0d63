// What doctor hears of Redis or Valkey: versions, what each server keeps, memory, shards, the clock. Reads only.
import { clockRemark, type Remark } from '../../engine/remark.ts'
import type { Clock } from '../../lib/clock.ts'
import { evicts, keepingNames, settingsFrom, type KeepingSettings } from './durability.ts'
import type { Port } from './port.ts'
import { text, texts } from './reply.ts'

export interface Inspected {
  port: Port
  clock: Clock
  prefix: string
  shards: number
}

export async function inspect({ port, clock, prefix, shards }: Inspected): Promise<Remark[]> {
  const infos = (await port.everywhere('INFO')).map(text)
  const settings = await settingsEverywhere(port)
  const place = infos.length > 1 ? `a cluster of ${infos.length} masters` : placeIn(infos[0] ?? '')
  const versions = [...new Set(infos.map(versionIn))].join(', ')
  return [
    ok('server', `${versions}, ${place}`),
    ok('shards', `${shards} under "${prefix}", for good: more are made by \`waybill copy\` to another prefix`),
    ...(settings === null ? [unreadable] : worst(settings.map(keeping))),
    ...worst(infos.map(memory)),
    await clockOf(port, clock),
  ]
}

async function settingsEverywhere(port: Port): Promise<KeepingSettings[] | null> {
  try {
    return (await port.everywhere('CONFIG', 'GET', ...keepingNames)).map(settingsFrom)
  } catch {
    return null // forbidden, as managed servers do: said in a remark of its own
  }
}

const unreadable = warning(
  'durable',
  'the settings cannot be read (CONFIG is forbidden): see to it that appendonly is yes and maxmemory-policy noeviction',
)

function keeping(settings: KeepingSettings): Remark {
  const { appendonly, appendfsync, policy } = settings
  if (evicts(settings))
    return {
      level: 'fail',
      about: 'durable',
      text: `maxmemory-policy is ${policy}: it deletes jobs; set it to noeviction`,
    }
  const said = `appendonly ${appendonly}, appendfsync ${appendfsync}, maxmemory-policy ${policy}`
  if (appendonly !== 'yes')
    return warning(
      'durable',
      `${said}: a restart loses jobs; CONFIG SET appendonly yes, and write it to the config file`,
    )
  if (appendfsync !== 'always')
    return warning(
      'durable',
      `${said}: a power cut may lose the last second; appendfsync always keeps all, but is slower`,
    )
  return ok('durable', said)
}

function memory(info: string): Remark {
  const used = Number(/used_memory:(\d+)/.exec(info)?.[1] ?? 0)
  const limit = Number(/maxmemory:(\d+)/.exec(info)?.[1] ?? 0)
  if (limit === 0) return ok('memory', `${megabytes(used)} used, no limit but the machine's: set maxmemory below it`)
  const said = `${megabytes(used)} of ${megabytes(limit)} used`
  if (used < 0.8 * limit) return ok('memory', said)
  return warning('memory', `${said}: once it is full submits are refused; raise maxmemory or shorten the retention`)
}

async function clockOf(port: Port, clock: Clock): Promise<Remark> {
  const asked = clock.now()
  const [seconds = '0', micros = '0'] = texts(await port.call('TIME'))
  const trip = clock.now() - asked
  return clockRemark(Number(seconds) * 1_000 + Number(micros) / 1_000 - (asked + trip / 2), trip)
}

function versionIn(info: string): string {
  const valkey = /valkey_version:(\S+)/.exec(info)?.[1]
  return valkey === undefined ? `Redis ${/redis_version:(\S+)/.exec(info)?.[1] ?? '?'}` : `Valkey ${valkey}`
}

function placeIn(info: string): string {
  return /cluster_enabled:1/.test(info) ? 'a cluster of one master' : 'one server'
}

function megabytes(bytes: number): string {
  return bytes >= 1e9 ? `${(bytes / 1e9).toFixed(1)} GB` : `${(bytes / 1e6).toFixed(1)} MB`
}

// What is the same on all servers is said once; where they differ, each says its own.
function worst(remarks: Remark[]): Remark[] {
  const bad = remarks.filter(({ level }) => level !== 'ok')
  const shown = bad.length > 0 ? bad : remarks
  return shown.filter((one, i) => shown.findIndex(({ text: said }) => said === one.text) === i)
}

function ok(about: string, words: string): Remark {
  return { level: 'ok', about, text: words }
}

function warning(about: string, words: string): Remark {
  return { level: 'warn', about, text: words }
}

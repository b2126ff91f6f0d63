// Reads an engine URL: one server, a cluster, or servers found through Sentinel.
//   redis://[user:password@]host[:port][/db]       one server; rediss:// over TLS; valkey:// and valkeys:// are the same
//   redis://host1:port,host2:port,…                a cluster, by some of its nodes (or ?cluster=1 behind one address)
//   redis://sentinel1,sentinel2?sentinel=mymaster  the master that these sentinels name
// ?prefix=wb: begins every key · ?shards=N splits a new store (default 1) · ?durability=durable refuses a
// server that keeps nothing.
import { WaybillError } from '../../job/errors.ts'
import { didYouMean } from '../../lib/suggest.ts'

export interface Place {
  hosts: { host: string; port: number }[]
  username: string | null
  password: string | null
  db: number
  tls: boolean
  cluster: boolean
  sentinel: string | null
  prefix: string
  shards: number
  durable: boolean
}

const shape = /^(redis|valkey)(s?):\/\/(?:([^@/]*)@)?([^/?]*)(?:\/([^?]*))?(?:\?(.*))?$/
const known = ['prefix', 'shards', 'durability', 'cluster', 'sentinel']
const shardsMost = 256

/** Throws `bad_request` for a URL it cannot read; never with the password in the message. */
export function placeOf(url: string): Place {
  const found = shape.exec(url)
  if (!found) throw bad('the URL cannot be read; write redis://host:6379')
  const [, , tls = '', login, hostList = '', db = '', query = ''] = found
  const settings = new URLSearchParams(query)
  for (const key of settings.keys())
    if (!known.includes(key)) throw bad(`unknown setting "${key}".${didYouMean(key, known)}`)
  const hosts = hostList.split(',').map((one) => hostOf(one, settings.has('sentinel') ? 26_379 : 6_379))
  const sentinel = settings.get('sentinel')
  const cluster = settings.get('cluster') === '1' || (hosts.length > 1 && sentinel === null)
  return {
    hosts,
    ...loginOf(login),
    db: wholeNumber('the database', db === '' ? '0' : db, 0, 1_000_000),
    tls: tls === 's',
    cluster,
    sentinel,
    prefix: prefixOf(settings.get('prefix') ?? 'wb:'),
    shards: wholeNumber('shards', settings.get('shards') ?? '1', 1, shardsMost),
    durable: isDurable(settings.get('durability')),
  }
}

function hostOf(text: string, usualPort: number): { host: string; port: number } {
  const found = /^(\[[^\]]+\]|[^:]*)(?::(\d+))?$/.exec(text.trim())
  if (!found) throw bad(`"${text}" is no host and port`)
  const [, host = '', port] = found
  const bare = host.replace(/^\[|\]$/g, '')
  return { host: bare === '' ? 'localhost' : bare, port: port === undefined ? usualPort : Number(port) }
}

function loginOf(login: string | undefined): { username: string | null; password: string | null } {
  if (login === undefined) return { username: null, password: null }
  const at = login.indexOf(':')
  const username = at < 0 ? login : login.slice(0, at)
  return {
    username: username === '' ? null : decodeURIComponent(username),
    password: at < 0 ? null : decodeURIComponent(login.slice(at + 1)),
  }
}

function prefixOf(prefix: string): string {
  if (/^[A-Za-z0-9:_.-]{1,64}$/.test(prefix)) return prefix
  throw bad(`prefix is 1 to 64 letters, digits or : _ . -, got "${prefix}"`)
}

function isDurable(value: string | null): boolean {
  if (value === null) return false
  if (value === 'durable') return true
  throw bad(`durability can only be "durable", got "${value}"`)
}

function wholeNumber(name: string, text: string, least: number, most: number): number {
  const value = Number(text)
  if (Number.isInteger(value) && value >= least && value <= most) return value
  throw bad(`${name} is a whole number from ${least} to ${most}, got "${text}"`)
}

function bad(why: string): WaybillError {
  return new WaybillError('bad_request', `redis: ${why}`)
}

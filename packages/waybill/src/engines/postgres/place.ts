// The URL of a store: `postgres://user:password@host:port/database?schema=waybill&pool=4&directUrl=…`. What is Waybill's
// own is taken out; the rest is the driver's.
import { WaybillError } from '../../job/errors.ts'
import { didYouMean } from '../../lib/suggest.ts'

export interface Place {
  /** For the driver: without what is Waybill's. */
  url: string
  /** Where LISTEN works: past a PgBouncer. */
  directUrl: string
  schema: string
  /** Connections at most, the listening one not counted. */
  pool: number
}

const defaultPool = 4
const own = ['schema', 'pool', 'directUrl']
const drivers = [
  'application_name',
  'client_encoding',
  'fallback_application_name',
  'host',
  'options',
  'port',
  'ssl',
  'sslcert',
  'sslkey',
  'sslmode',
  'sslnegotiation',
  'sslrootcert',
  'uselibpqcompat',
]

/** Throws `bad_request` for a URL that it cannot read. */
export function placeOf(url: string): Place {
  const parsed = URL.parse(url)
  if (!parsed) throw bad('the URL cannot be read; write postgres://user:password@host:5432/database')
  const settings = parsed.searchParams
  for (const key of settings.keys())
    if (!own.includes(key) && !drivers.includes(key))
      throw bad(`unknown setting "${key}".${didYouMean(key, [...own, ...drivers])}`)
  const schema = settings.get('schema') ?? 'waybill'
  if (!/^[a-z_][a-z0-9_]{0,39}$/.test(schema))
    throw bad(`schema is lower-case letters, digits and _, 40 at most, got "${schema}"`)
  const pool = Number(settings.get('pool') ?? defaultPool)
  if (!Number.isInteger(pool) || pool < 1 || pool > 100)
    throw bad(`pool is a whole number from 1 to 100, got "${settings.get('pool')}"`)
  const directUrl = settings.get('directUrl')
  for (const key of own) settings.delete(key)
  return { url: parsed.href, directUrl: directUrl ?? parsed.href, schema, pool }
}

function bad(problem: string): WaybillError {
  return new WaybillError('bad_request', `postgres: ${problem}`)
}

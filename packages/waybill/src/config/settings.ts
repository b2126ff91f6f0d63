// Every setting of a running Waybill, resolved: flags > environment > .env > config file > default (contract §7).
import type { LogLevel } from '../lib/log.ts'
import type { Isolate } from '../job/isolate.ts'
import type { JobPolicy } from '../job/record.ts'
import type { Tiers } from '../job/tier.ts'

export interface Settings {
  /** `sqlite:./waybill.db` unless said otherwise. */
  engineUrl: string
  /** A Redis in front of an SQL engine; null: none. */
  accelerator: AcceleratorSettings | null
  host: string
  port: number
  /** Path of the API. Default `/api/v1`. */
  basePath: string
  auth: AuthSettings
  /** Migrate at start; false: refuse to start on an old layout. */
  migrate: boolean
  /** `/livez /readyz /metrics` of a worker process; null: none. */
  workerPort: number | null
  /** Queues a worker serves; empty: all. */
  queues: string[]
  concurrency: number
  /** Where a worker runs jobs: in itself, or in threads or processes of their own. */
  isolate: Isolate
  /** What such a thread or process may take; more ends it. */
  memoryMb: number
  leaseMs: number
  /** What a job gets when neither its type nor its caller says otherwise. */
  policy: JobPolicy
  /** Pending and scheduled jobs a queue may hold before `queue_full`. */
  maxPending: number
  /** What a user of each may submit. */
  tiers: Tiers
  corsOrigins: string[]
  shutdownGraceMs: number
  logLevel: LogLevel
  /** Event streams open at once: for one user, and in all. */
  streams: { perUser: number; inAll: number }
}

export interface AcceleratorSettings {
  url: string
  /** Begins every key there. */
  prefix: string
  /** How long a status stays there that nobody reads. */
  ttlMs: number
}

export interface AuthSettings {
  /** Operator keys with all scopes, as given (hashed before use, never logged). */
  apiKeys: string[]
  jwt: JwtSettings | null
  /** Signs view tokens; null: one is made and kept in the store. */
  tokenSecret: string | null
}

export interface JwtSettings {
  /** HS256 with this shared secret, or … */
  secret: string | null
  /** … RS256, ES256 or EdDSA with keys from here. */
  jwksUrl: string | null
  issuer: string | null
  audience: string | null
}

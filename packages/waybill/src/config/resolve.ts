// Options (flags or code) > environment > .env > default → Settings. Every bad value is one sentence that names it.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { defaultPolicy } from '../job/policy.ts'
import { toMs, type Duration } from '../lib/duration.ts'
import { didYouMean } from '../lib/suggest.ts'
import type { LogLevel } from '../lib/log.ts'
import type { JwtSettings, Settings } from './settings.ts'
import { variables, type Variable, type VariableName } from './variables.ts'

/** What code may say instead of the environment. */
export interface SettingOptions {
  /** `sqlite:./waybill.db`. */
  engine?: string
  host?: string
  port?: number
  /** Path of the API. Default `/api/v1`. */
  basePath?: string
  apiKeys?: string[]
  jwt?: { secret?: string; jwksUrl?: string; issuer?: string; audience?: string }
  tokenSecret?: string
  migrate?: boolean
  /** Queues a worker serves. Default all. */
  queues?: string[]
  /** Jobs a worker runs at once. Default 8. */
  concurrency?: number
  /** Default 15 s. */
  lease?: Duration
  timeout?: Duration
  softTimeout?: Duration
  maxAttempts?: number
  backoff?: Duration
  retention?: Duration
  retentionFailed?: Duration
  maxPending?: number
  corsOrigins?: string[]
  shutdownGrace?: Duration
  workerPort?: number
  logLevel?: LogLevel
}

export const settingNames: readonly (keyof SettingOptions)[] = [
  'engine',
  'host',
  'port',
  'basePath',
  'apiKeys',
  'jwt',
  'tokenSecret',
  'migrate',
  'queues',
  'concurrency',
  'lease',
  'timeout',
  'softTimeout',
  'maxAttempts',
  'backoff',
  'retention',
  'retentionFailed',
  'maxPending',
  'corsOrigins',
  'shutdownGrace',
  'workerPort',
  'logLevel',
]

export type Environment = Readonly<Record<string, string | undefined>>

/** Throws a RangeError or TypeError that names the setting, what was expected and what came. */
export function resolveSettings(options: SettingOptions, env: Environment, cwd: string): Settings {
  const said = new Said({ ...dotEnv(cwd), ...present(env) })
  const timeoutMs = said.ms('timeout', options.timeout)
  const softTimeoutMs = softLimit(said, options, timeoutMs)
  return {
    engineUrl: options.engine ?? said.text('engine'),
    host: options.host ?? said.text('host'),
    port: said.integer('port', options.port, 0, 65_535),
    basePath: basePathOf(options.basePath ?? said.text('basePath')),
    auth: {
      apiKeys: options.apiKeys ?? said.list('apiKeys'),
      jwt: jwtOf(options, said),
      tokenSecret: options.tokenSecret ?? said.textOrNull('tokenSecret'),
    },
    migrate: options.migrate ?? said.flag('migrate'),
    workerPort:
      options.workerPort ??
      (said.textOrNull('workerPort') === null ? null : said.integer('workerPort', undefined, 0, 65_535)),
    queues: queuesOf(options.queues ?? said.list('queues')),
    concurrency: said.integer('concurrency', options.concurrency, 1, 10_000),
    leaseMs: atLeast('lease', said.ms('lease', options.lease), 300),
    policy: {
      ...defaultPolicy,
      retry: {
        ...defaultPolicy.retry,
        maxAttempts: said.integer('maxAttempts', options.maxAttempts, 1, 100),
        backoffMs: said.ms('backoff', options.backoff),
      },
      timeoutMs,
      softTimeoutMs,
      retentionMs: said.ms('retention', options.retention),
      retentionFailedMs: said.ms('retentionFailed', options.retentionFailed),
    },
    maxPending: said.integer('maxPending', options.maxPending, 1, 1e9),
    corsOrigins: options.corsOrigins ?? said.list('corsOrigins'),
    shutdownGraceMs: said.ms('shutdownGrace', options.shutdownGrace),
    logLevel: options.logLevel ?? said.level(),
    streams: {
      perUser: said.integer('streamsPerUser', undefined, 1, 1e6),
      inAll: said.integer('streams', undefined, 1, 1e6),
    },
  }
}

/** What the environment says, by the table of variables. */
class Said {
  readonly #env: Environment

  constructor(env: Environment) {
    this.#env = env
  }

  textOrNull(name: VariableName): string | null {
    const variable: Variable = variables[name]
    for (const key of variable.names) {
      const value = this.#env[key]
      if (value !== undefined && value !== '') return value
      const file = variable.secret ? this.#env[`${key}_FILE`] : undefined
      if (file) return readSecret(`${key}_FILE`, file)
    }
    return null
  }

  text(name: VariableName): string {
    return this.textOrNull(name) ?? variables[name].default
  }

  list(name: VariableName): string[] {
    return this.text(name)
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== '')
  }

  flag(name: VariableName): boolean {
    const text = this.text(name).toLowerCase()
    if (['1', 'true', 'yes', 'on'].includes(text)) return true
    if (['0', 'false', 'no', 'off'].includes(text)) return false
    throw new TypeError(`${variables[name].names[0]}: expected 1 or 0, got "${text}"`)
  }

  ms(name: VariableName, given: Duration | undefined): number {
    return toMs(given ?? this.text(name), given === undefined ? label(name) : name)
  }

  integer(name: VariableName, given: number | undefined, least: number, most: number): number {
    const value = given ?? Number(this.text(name))
    if (Number.isInteger(value) && value >= least && value <= most) return value
    throw new RangeError(
      `${given === undefined ? label(name) : name}: expected a whole number from ${least} to ${most}, got ${given ?? `"${this.text(name)}"`}`,
    )
  }

  level(): LogLevel {
    const text = this.text('logLevel')
    const level = (['debug', 'info', 'warn', 'error'] as const).find((one) => one === text)
    if (level) return level
    throw new TypeError(
      `${label('logLevel')}: expected debug, info, warn or error, got "${text}".${didYouMean(text, ['debug', 'info', 'warn', 'error'])}`,
    )
  }
}

function label(name: VariableName): string {
  return variables[name].names[0]
}

function softLimit(said: Said, options: SettingOptions, timeoutMs: number): number {
  const given = options.softTimeout !== undefined || said.textOrNull('softTimeout') !== null
  const soft = said.ms('softTimeout', options.softTimeout)
  if (given && soft >= timeoutMs)
    throw new RangeError(`softTimeout: ${soft} ms must be shorter than the timeout of ${timeoutMs} ms`)
  return soft < timeoutMs ? soft : Math.floor((timeoutMs * 5) / 6)
}

function jwtOf({ jwt }: SettingOptions, said: Said): JwtSettings | null {
  const settings = {
    secret: jwt?.secret ?? said.textOrNull('jwtSecret'),
    jwksUrl: jwt?.jwksUrl ?? said.textOrNull('jwksUrl'),
    issuer: jwt?.issuer ?? said.textOrNull('jwtIssuer'),
    audience: jwt?.audience ?? said.textOrNull('jwtAudience'),
  }
  if (settings.secret && settings.jwksUrl) throw new TypeError('jwt: give a shared secret or a JWKS URL, not both')
  if (settings.secret && settings.secret.length < 32)
    throw new RangeError('WAYBILL_JWT_SECRET: HS256 needs a secret of at least 32 characters')
  return settings.secret || settings.jwksUrl ? settings : null
}

function queuesOf(queues: string[]): string[] {
  return queues.includes('*') ? [] : queues
}

function basePathOf(path: string): string {
  if (/^(\/[\w.-]+)+$/.test(path)) return path
  throw new TypeError(`basePath: expected a path such as /api/v1, got "${path}"`)
}

function atLeast(name: string, ms: number, least: number): number {
  if (ms >= least) return ms
  throw new RangeError(`${name}: expected at least ${least} ms, got ${ms} ms`)
}

function present(env: Environment): Record<string, string> {
  const entries: [string, string][] = []
  for (const [key, value] of Object.entries(env)) if (value !== undefined) entries.push([key, value])
  return Object.fromEntries(entries)
}

function dotEnv(cwd: string): Environment {
  try {
    return parseEnv(readFileSync(join(cwd, '.env'), 'utf8'))
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) return {}
    throw error
  }
}

function readSecret(name: string, path: string): string {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch (error) {
    throw new TypeError(`${name}: the file "${path}" cannot be read`, { cause: error })
  }
}

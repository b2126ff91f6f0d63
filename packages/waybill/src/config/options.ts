// What code or a config file may say instead of the environment, and the check that it said it properly.
import type { Isolate } from '../job/isolate.ts'
import type { TierOptions } from '../job/tier.ts'
import type { Duration } from '../lib/duration.ts'
import { isObject } from '../lib/json.ts'
import type { LogLevel } from '../lib/log.ts'
import { didYouMean } from '../lib/suggest.ts'
import { Said, type Environment } from './environment.ts'
import { variables, type VariableName } from './variables.ts'

/** What code may say instead of the environment. */
export interface SettingOptions {
  /** `sqlite:./waybill.db`. */
  engine?: string
  /** A Redis in front of an SQL engine, `redis://…`: faster news and reads. It may vanish at any moment. Default none. */
  accelerator?: string
  host?: string
  port?: number
  /** Path of the API. Default `/api/v1`. */
  basePath?: string
  apiKeys?: string[]
  jwt?: JwtOptions
  tokenSecret?: string
  migrate?: boolean
  /** Queues a worker serves. Default all. */
  queues?: string[]
  /** Jobs a worker runs at once. Default 8. */
  concurrency?: number
  /** Where a worker runs jobs: in itself (`none`, the default), or in threads or processes of their own. */
  isolate?: Isolate
  /** Megabytes that such a thread or process may take, 128 or more; more ends it. Default 1,024. */
  memoryMb?: number
  /** Default 15 s. */
  lease?: Duration
  timeout?: Duration
  softTimeout?: Duration
  maxAttempts?: number
  backoff?: Duration
  retention?: Duration
  retentionFailed?: Duration
  maxPending?: number
  /** What a user of each tier may submit; the token's `tier` claim picks one. Default: no limits. */
  tiers?: Record<string, TierOptions>
  corsOrigins?: string[]
  shutdownGrace?: Duration
  workerPort?: number
  logLevel?: LogLevel
}

/** A shared secret (HS256) or a JWKS URL (RS256, ES256, EdDSA), not both. */
export interface JwtOptions {
  secret?: string
  jwksUrl?: string
  issuer?: string
  audience?: string
}

type Shape = 'a text' | 'a number' | 'true or false' | 'a list of texts' | 'a duration such as "30s"' | 'an object'

const shapes: Record<keyof SettingOptions, Shape> = {
  engine: 'a text',
  accelerator: 'a text',
  host: 'a text',
  port: 'a number',
  basePath: 'a text',
  apiKeys: 'a list of texts',
  jwt: 'an object',
  tokenSecret: 'a text',
  migrate: 'true or false',
  queues: 'a list of texts',
  concurrency: 'a number',
  isolate: 'a text',
  memoryMb: 'a number',
  lease: 'a duration such as "30s"',
  timeout: 'a duration such as "30s"',
  softTimeout: 'a duration such as "30s"',
  maxAttempts: 'a number',
  backoff: 'a duration such as "30s"',
  retention: 'a duration such as "30s"',
  retentionFailed: 'a duration such as "30s"',
  maxPending: 'a number',
  tiers: 'an object',
  corsOrigins: 'a list of texts',
  shutdownGrace: 'a duration such as "30s"',
  workerPort: 'a number',
  logLevel: 'a text',
}

const jwtVariables: Record<keyof JwtOptions, VariableName> = {
  secret: 'jwtSecret',
  jwksUrl: 'jwksUrl',
  issuer: 'jwtIssuer',
  audience: 'jwtAudience',
}

export const settingNames: readonly string[] = Object.keys(shapes)

/** Throws a TypeError that names the option; plain JavaScript and config files have no compiler to do so. */
export function checkOptions(options: SettingOptions): void {
  const given = new Map<string, unknown>(Object.entries(options))
  for (const [name, shape] of Object.entries(shapes)) checkShape(name, shape, given.get(name))
  for (const [name, value] of Object.entries(options.jwt ?? {})) {
    if (!Object.hasOwn(jwtVariables, name))
      throw new TypeError(`jwt: unknown option "${name}".${didYouMean(name, Object.keys(jwtVariables))}`)
    checkShape(`jwt.${name}`, 'a text', value)
  }
}

function checkShape(name: string, shape: Shape, value: unknown): void {
  if (value === undefined || fits(shape, value)) return
  throw new TypeError(`${name}: expected ${shape}, got ${/secret|key/i.test(name) ? typeof value : shown(value)}`)
}

function fits(shape: Shape, value: unknown): boolean {
  if (shape === 'a text') return typeof value === 'string' && value !== ''
  if (shape === 'a number') return typeof value === 'number'
  if (shape === 'true or false') return typeof value === 'boolean'
  if (shape === 'an object') return isObject(value)
  if (shape === 'a list of texts')
    return Array.isArray(value) && value.every((item) => typeof item === 'string' && item !== '')
  return typeof value === 'number' || typeof value === 'string'
}

function shown(value: unknown): string {
  return typeof value === 'function' ? 'a function' : (JSON.stringify(value) ?? typeof value).slice(0, 100)
}

/**
 * A config file's options without those that the environment or `.env` says otherwise: for a file, unlike for code, the
 * environment wins (contract §7).
 */
export function belowEnvironment(
  options: Record<string, unknown>,
  env: Environment,
  cwd: string,
): Record<string, unknown> {
  const said = new Said(env, cwd)
  const left = Object.entries(options).filter(([name]) => !isVariable(name) || said.textOrNull(name) === null)
  const jwt = options['jwt']
  return { ...Object.fromEntries(left), ...(isObject(jwt) ? { jwt: jwtBelow(jwt, said) } : {}) }
}

// A way to check tokens that the environment names replaces the file's, even when it is of the other kind.
function jwtBelow(jwt: Record<string, unknown>, said: Said): Record<string, unknown> {
  const replaced = said.textOrNull('jwtSecret') !== null || said.textOrNull('jwksUrl') !== null
  const isSaid = (name: string) =>
    (replaced && (name === 'secret' || name === 'jwksUrl')) ||
    (isJwtOption(name) && said.textOrNull(jwtVariables[name]) !== null)
  return Object.fromEntries(Object.entries(jwt).filter(([name]) => !isSaid(name)))
}

function isVariable(name: string): name is VariableName {
  return Object.hasOwn(variables, name)
}

function isJwtOption(name: string): name is keyof JwtOptions {
  return Object.hasOwn(jwtVariables, name)
}

// Options (flags or code) > environment > .env > default → Settings. Every bad value is one sentence that names it. A
// config file stands below the environment: the command line passes it through `belowEnvironment` first.
import { isolates } from '../job/isolate.ts'
import { defaultPolicy } from '../job/policy.ts'
import { tiersOf } from '../job/tier.ts'
import { logLevels } from '../lib/log.ts'
import { acceleratorOf } from './accelerator.ts'
import { Said, type Environment } from './environment.ts'
import { checkOptions, type SettingOptions } from './options.ts'
import type { JwtSettings, Settings } from './settings.ts'

export type { Environment } from './environment.ts'
export { settingNames, type SettingOptions } from './options.ts'

/** Throws a RangeError or TypeError that names the setting, what was expected and what came. */
export function resolveSettings(options: SettingOptions, env: Environment, cwd: string): Settings {
  checkOptions(options)
  const said = new Said(env, cwd)
  const timeoutMs = said.ms('timeout', options.timeout)
  const softTimeoutMs = softLimit(said, options, timeoutMs)
  return {
    engineUrl: options.engine ?? said.text('engine'),
    accelerator: acceleratorOf(options, said),
    host: options.host ?? said.text('host'),
    port: said.integer('port', options.port, 0, 65_535),
    basePath: basePathOf(options.basePath ?? said.text('basePath')),
    auth: {
      apiKeys: options.apiKeys ?? said.listOrNothingSaid('apiKeys'),
      jwt: jwtOf(options, said),
      tokenSecret: options.tokenSecret ?? said.textOrNull('tokenSecret'),
    },
    migrate: options.migrate ?? said.flag('migrate'),
    workerPort: portOrNull(options, said),
    queues: queuesOf(options.queues ?? said.list('queues')),
    concurrency: said.integer('concurrency', options.concurrency, 1, 10_000),
    isolate: said.oneOf('isolate', options.isolate, isolates),
    memoryMb: said.integer('memoryMb', options.memoryMb, 128, 1_048_576),
    leaseMs: atLeast('WAYBILL_LEASE', said.ms('lease', options.lease), 300),
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
    tiers: tiersOf(options.tiers ?? {}),
    corsOrigins: originsOf(options.corsOrigins ?? said.list('corsOrigins')),
    shutdownGraceMs: said.ms('shutdownGrace', options.shutdownGrace),
    logLevel: said.oneOf('logLevel', options.logLevel, logLevels),
    streams: {
      perUser: said.integer('streamsPerUser', undefined, 1, 1e6),
      inAll: said.integer('streams', undefined, 1, 1e6),
    },
  }
}

function softLimit(said: Said, options: SettingOptions, timeoutMs: number): number {
  const given = options.softTimeout !== undefined || said.textOrNull('softTimeout') !== null
  const soft = said.ms('softTimeout', options.softTimeout)
  if (given && soft >= timeoutMs)
    throw new RangeError(`WAYBILL_SOFT_TIMEOUT: expected less than the timeout of ${timeoutMs} ms, got ${soft} ms`)
  return soft < timeoutMs ? soft : Math.floor((timeoutMs * 5) / 6)
}

function portOrNull({ workerPort }: SettingOptions, said: Said): number | null {
  if (workerPort === undefined && said.textOrNull('workerPort') === null) return null
  return said.integer('workerPort', workerPort, 0, 65_535)
}

function jwtOf({ jwt }: SettingOptions, said: Said): JwtSettings | null {
  const settings = {
    secret: jwt?.secret ?? said.textOrNull('jwtSecret'),
    jwksUrl: jwt?.jwksUrl ?? said.textOrNull('jwksUrl'),
    issuer: jwt?.issuer ?? said.textOrNull('jwtIssuer'),
    audience: jwt?.audience ?? said.textOrNull('jwtAudience'),
  }
  const fault = jwtFault(settings)
  if (fault !== null) throw new TypeError(fault)
  return settings.secret || settings.jwksUrl ? settings : null
}

function jwtFault({ secret, jwksUrl, issuer, audience }: JwtSettings): string | null {
  if (secret && jwksUrl)
    return 'WAYBILL_JWT_SECRET, WAYBILL_JWT_JWKS_URL: expected one way to check tokens, got both; leave one out'
  if (secret && secret.length < 32)
    return `WAYBILL_JWT_SECRET: expected at least 32 characters (HS256), got ${secret.length}`
  if (jwksUrl && !/^https?:$/.test(URL.parse(jwksUrl)?.protocol ?? ''))
    return `WAYBILL_JWT_JWKS_URL: expected an http(s) URL, got "${jwksUrl}"`
  if (!secret && !jwksUrl && (issuer || audience))
    return 'WAYBILL_JWT_ISSUER, WAYBILL_JWT_AUDIENCE: expected WAYBILL_JWT_SECRET or WAYBILL_JWT_JWKS_URL beside them, got neither; tokens would not be checked'
  return null
}

function queuesOf(queues: string[]): string[] {
  return queues.includes('*') ? [] : queues
}

function originsOf(origins: string[]): string[] {
  const bad = origins.find((origin) => origin !== '*' && URL.parse(origin)?.origin !== origin)
  if (bad === undefined) return origins
  throw new TypeError(
    `WAYBILL_CORS_ORIGINS: expected origins such as https://app.example.org (no path, no slash at the end), got "${bad}"`,
  )
}

function basePathOf(path: string): string {
  if (/^(\/[\w.-]+)+$/.test(path)) return path
  throw new TypeError(`WAYBILL_BASE_PATH: expected a path such as /api/v1, got "${path}"`)
}

function atLeast(name: string, ms: number, least: number): number {
  if (ms >= least) return ms
  throw new RangeError(`${name}: expected at least ${least} ms, got ${ms} ms`)
}

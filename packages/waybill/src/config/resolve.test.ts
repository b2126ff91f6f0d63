// What counts when several places speak, and the sentence for each bad value.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { belowEnvironment, type SettingOptions } from './options.ts'
import { resolveSettings } from './resolve.ts'

let dir = ''
beforeEach(() => (dir = mkdtempSync(join(tmpdir(), 'waybill-config-'))))
afterEach(() => rmSync(dir, { recursive: true, force: true }))

const settings = (options: SettingOptions = {}, env: Record<string, string> = {}) => resolveSettings(options, env, dir)
const file = (name: string, text: string): string => {
  writeFileSync(join(dir, name), text)
  return join(dir, name)
}

describe('what counts', () => {
  test('the defaults are those of the contract', () => {
    expect(settings()).toMatchObject({
      engineUrl: 'sqlite:./waybill.db',
      host: '127.0.0.1',
      port: 8012,
      basePath: '/api/v1',
      auth: { apiKeys: [], jwt: null, tokenSecret: null },
      migrate: true,
      workerPort: null,
      queues: [],
      concurrency: 8,
      isolate: 'none',
      memoryMb: 1_024,
      leaseMs: 15_000,
      policy: {
        timeoutMs: 1_800_000,
        softTimeoutMs: 1_500_000,
        retry: { maxAttempts: 3, backoffMs: 60_000 },
        retentionMs: 86_400_000,
        retentionFailedMs: 604_800_000,
      },
      maxPending: 100_000,
      corsOrigins: [],
      shutdownGraceMs: 25_000,
      logLevel: 'info',
    })
  })

  test('options win over the environment, the environment over .env, .env over the default', () => {
    file('.env', 'PORT=1111\nHOST=10.0.0.1\nWAYBILL_QUEUES="a, b"\n')
    const { port, host, queues } = settings({ port: 3333 }, { PORT: '2222', HOST: '::1' })
    expect({ port, host, queues }).toEqual({ port: 3333, host: '::1', queues: ['a', 'b'] })
  })

  test('a config file stands below the environment and .env', () => {
    file('.env', 'WAYBILL_LEASE=20s\n')
    const options = { port: 1, lease: '9s', concurrency: 3, jobs: [] }
    expect(belowEnvironment(options, { PORT: '2' }, dir)).toEqual({ concurrency: 3, jobs: [] })
  })

  test("a way to check tokens in the environment replaces the config file's, of whatever kind", () => {
    const options = { jwt: { secret: 's'.repeat(32), audience: 'app' } }
    const env = { WAYBILL_JWT_JWKS_URL: 'https://id.example.org/jwks' }
    expect(belowEnvironment(options, env, dir)).toEqual({ jwt: { audience: 'app' } })
  })

  test("WAYBILL_… wins over the plain name, even when the plain one is the process's and the other from .env", () => {
    file('.env', 'WAYBILL_PORT=1\n')
    expect(settings({}, { PORT: '2' }).port).toBe(1)
    expect(settings({}, { DATABASE_URL: 'sqlite:a', WAYBILL_DATABASE_URL: 'sqlite:b' }).engineUrl).toBe('sqlite:b')
  })

  test('an empty variable counts as not set', () => {
    expect(settings({}, { PORT: '', WAYBILL_API_KEYS: ' ' })).toMatchObject({ port: 8012, auth: { apiKeys: [] } })
  })

  test('secrets come from files too, keys one a line if one likes', () => {
    const path = file('keys', 'one\ntwo,three\n')
    expect(settings({}, { WAYBILL_API_KEYS_FILE: path }).auth.apiKeys).toEqual(['one', 'two', 'three'])
  })

  test('the environment of the process stays as it was', () => {
    file('.env', 'WAYBILL_CONFIG_TEST_PORT=1\nPORT=4444\n')
    const before = { ...process.env }
    resolveSettings({}, process.env, dir)
    expect(process.env).toEqual(before)
  })

  test('a short timeout brings its soft timeout along', () => {
    expect(settings({ timeout: '60s' }).policy).toMatchObject({ timeoutMs: 60_000, softTimeoutMs: 50_000 })
  })
})

describe('bad values', () => {
  test.each<[Record<string, string>, string]>([
    [{ PORT: 'http' }, 'PORT: expected a whole number from 0 to 65535, got "http"'],
    [{ WAYBILL_PORT: '70000' }, 'WAYBILL_PORT: expected a whole number from 0 to 65535, got "70000"'],
    [{ WAYBILL_CONCURRENCY: '0x10' }, 'WAYBILL_CONCURRENCY: expected a whole number'],
    [{ WAYBILL_LEASE: 'soon' }, 'WAYBILL_LEASE: expected a duration such as "30s"'],
    [{ WAYBILL_LEASE: '100ms' }, 'WAYBILL_LEASE: expected at least 300 ms, got 100 ms'],
    [{ WAYBILL_MIGRATE: 'maybe' }, 'WAYBILL_MIGRATE: expected 1 or 0, got "maybe"'],
    [{ WAYBILL_LOG_LEVEL: 'warm' }, 'got "warm". Did you mean "warn"?'],
    [{ WAYBILL_SOFT_TIMEOUT: '40m' }, 'WAYBILL_SOFT_TIMEOUT: expected less than the timeout'],
    [{ WAYBILL_JWT_SECRET: 'short' }, 'WAYBILL_JWT_SECRET: expected at least 32 characters (HS256), got 5'],
    [{ WAYBILL_JWT_JWKS_URL: 'id.example.org' }, 'WAYBILL_JWT_JWKS_URL: expected an http(s) URL'],
    [{ WAYBILL_JWT_AUDIENCE: 'app' }, 'tokens would not be checked'],
    [{ WAYBILL_CORS_ORIGINS: 'https://a.example/' }, 'WAYBILL_CORS_ORIGINS: expected origins such as'],
    [{ WAYBILL_BASE_PATH: 'api' }, 'WAYBILL_BASE_PATH: expected a path such as /api/v1, got "api"'],
    [{ WAYBILL_API_KEYS_FILE: '/nowhere/keys' }, 'WAYBILL_API_KEYS_FILE: the file "/nowhere/keys" cannot be read'],
  ])('%j is refused by name', (env, sentence) => {
    expect(() => settings({}, env)).toThrow(sentence)
  })

  test('an empty secret file is refused: it must never mean "no auth"', () => {
    const path = file('keys', '\n')
    expect(() => settings({}, { WAYBILL_API_KEYS_FILE: path })).toThrow('expected a secret in the file')
  })

  test('two ways to check tokens are refused', () => {
    const env = { WAYBILL_JWT_SECRET: 's'.repeat(32), WAYBILL_JWT_JWKS_URL: 'https://id.example.org/jwks' }
    expect(() => settings({}, env)).toThrow('got both')
  })

  test.each<[Record<string, unknown>, string]>([
    [{ port: '8012' }, 'port: expected a number, got "8012"'],
    [{ memoryMb: 64 }, 'memoryMb: expected a whole number from 128 to 1048576, got 64'],
    [{ concurrency: 0 }, 'concurrency: expected a whole number from 1 to 10000, got 0'],
    [{ apiKeys: 'secret-key' }, 'apiKeys: expected a list of texts, got string'],
    [{ apiKeys: [''] }, 'apiKeys: expected a list of texts'],
    [{ queues: 'videos' }, 'queues: expected a list of texts, got "videos"'],
    [{ migrate: 'no' }, 'migrate: expected true or false, got "no"'],
    [{ logLevel: 'loud' }, 'logLevel: expected debug, info, warn, error, got "loud"'],
    [{ jwt: { sekret: 'x' } }, 'jwt: unknown option "sekret". Did you mean "secret"?'],
  ])('the option %j is refused by name, and a secret is not repeated', (options, sentence) => {
    expect(() => settings(options as SettingOptions)).toThrow(sentence)
  })
})

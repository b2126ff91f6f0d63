// REDIS_URL is a common variable: what it means for Waybill, and when it means nothing.
import { expect, test } from 'vitest'
import { idleAccelerator } from './accelerator.ts'
import { resolveSettings } from './resolve.ts'

const of = (options: object, env: Record<string, string>) => resolveSettings(options, env, '/').accelerator
const url = 'redis://localhost:6379'

test('none is set unless one is named', () => {
  expect(of({}, {})).toBeNull()
})

test('the environment names it, Waybill’s own variable before the common one, and code before both', () => {
  expect(of({}, { REDIS_URL: url })).toEqual({ url, prefix: 'wb:', ttlMs: 300_000 })
  expect(of({}, { REDIS_URL: 'redis://b', WAYBILL_REDIS_URL: 'valkey://a' })?.url).toBe('redis://a')
  expect(of({ accelerator: 'rediss://c' }, { REDIS_URL: url })?.url).toBe('rediss://c')
})

test('its prefix and how long it keeps things can be set', () => {
  const env = { REDIS_URL: url, WAYBILL_PREFIX: 'shop:', WAYBILL_STATUS_TTL: '1m' }
  expect(of({}, env)).toEqual({ url, prefix: 'shop:', ttlMs: 60_000 })
  expect(() => of({}, { ...env, WAYBILL_PREFIX: 'a b' })).toThrow('WAYBILL_PREFIX: expected 1 to 64 letters')
  expect(() => of({}, { ...env, WAYBILL_STATUS_TTL: '10ms' })).toThrow('WAYBILL_STATUS_TTL: expected at least 1s')
})

test.each(['localhost:6379', 'http://localhost', 'redis://a,redis://b', 'redis://'])('%s is refused', (bad) => {
  expect(() => of({}, { REDIS_URL: bad })).toThrow('REDIS_URL: expected one server such as redis://host:6379')
  expect(() => of({ accelerator: bad }, {})).toThrow('accelerator: expected one server')
})

test('before an engine that is a Redis itself it is passed over with a word, and refused in code', () => {
  const engine = 'redis://localhost:6380'
  expect(of({ engine }, { REDIS_URL: url })).toBeNull()
  expect(idleAccelerator({ engine }, { REDIS_URL: url }, '/')).toEqual([
    'REDIS_URL is passed over: the engine is itself a Redis and needs no accelerator',
  ])
  expect(idleAccelerator({ engine: 'sqlite:a' }, { REDIS_URL: url }, '/')).toEqual([])
  expect(() => of({ engine, accelerator: url }, {})).toThrow('accelerator: the engine is itself a Redis')
})

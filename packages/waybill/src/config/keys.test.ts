// A server must never be open because its keys were left empty by a template.
import { expect, test } from 'vitest'
import { resolveSettings } from './resolve.ts'

test.each([',', ' , ,'])('WAYBILL_API_KEYS=%j names no key and is refused', (value) => {
  expect(() => resolveSettings({}, { WAYBILL_API_KEYS: value }, '/')).toThrow(
    'WAYBILL_API_KEYS: is set, but holds no value',
  )
})

test('unset keys are no keys, and given ones are taken', () => {
  expect(resolveSettings({}, {}, '/').auth.apiKeys).toEqual([])
  expect(resolveSettings({}, { WAYBILL_API_KEYS: 'wbk_a, wbk_b' }, '/').auth.apiKeys).toEqual(['wbk_a', 'wbk_b'])
})

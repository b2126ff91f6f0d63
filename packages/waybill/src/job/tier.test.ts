// Tiers as the settings say them, and what is refused.
import { expect, test } from 'vitest'
import { createWaybill } from '../index.ts'
import { tiersOf } from './tier.ts'

test('what is left out is not limited', () => {
  expect(tiersOf({ paid: {} }).get('paid')).toEqual({
    name: 'paid',
    perDay: null,
    perMinute: null,
    active: null,
    maxPriority: null,
  })
})

test.each<[string, object, string]>([
  [
    'a member that is not known',
    { free: { perDays: 5 } },
    'tiers.free: unknown option "perDays". Did you mean "perDay"?',
  ],
  ['less than none', { free: { active: -1 } }, 'tiers.free.active: expected a whole number, 0–1000, got -1'],
  ['a part of a job', { free: { perDay: 1.5 } }, 'tiers.free.perDay: expected a whole number'],
  ['a priority that does not exist', { free: { maxPriority: 11 } }, '0–10, got 11'],
  ['a text', { free: { perMinute: '5' } }, 'got "5"'],
  ['no limit said as null', { free: { perDay: null } }, 'got null; leave it out for no limit'],
  ['a tier that is no object', { free: 5 }, 'tiers.free: expected an object such as { perDay: 5 }, got number'],
])('%s is refused, by name', (_, tiers, message) => {
  const options = { engine: 'sqlite::memory:', ...JSON.parse(JSON.stringify({ tiers })) }
  expect(() => createWaybill(options)).toThrow(message)
})

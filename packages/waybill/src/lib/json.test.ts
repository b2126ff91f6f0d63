// What JSON may be, up to the very edge of each limit.
import { expect, test } from 'vitest'
import { isObject, jsonFault } from './json.ts'

function nested(levels: number, wrap: (inner: unknown) => unknown): unknown {
  let value: unknown = 1
  for (let level = 0; level < levels; level++) value = wrap(value)
  return value
}

test.each([
  ['lists', (inner: unknown) => [inner]],
  ['objects', (inner: unknown) => ({ a: inner })],
])('%s may be nested sixty-four deep, and no deeper', (_, wrap) => {
  expect(jsonFault(nested(64, wrap))).toBeNull()
  expect(jsonFault(nested(65, wrap))?.detail).toBe('is nested deeper than 64 levels')
  expect(jsonFault(nested(3, wrap), { depth: 2 })?.detail).toBe('is nested deeper than 2 levels')
})

test('a value counts itself and everything in it', () => {
  const value = { a: [1, 2], b: 'x' } // the object, the list, two numbers, one text
  expect(jsonFault(value, { nodes: 5 })).toBeNull()
  expect(jsonFault(value, { nodes: 4 })).toEqual({ pointer: '/b', detail: 'has too many members' })
})

test('by default there may be a hundred thousand of them', () => {
  const list = (items: number) => Array.from({ length: items }, () => 0)
  expect(jsonFault(list(99_999))).toBeNull()
  expect(jsonFault(list(100_000))?.detail).toBe('has too many members')
})

test('a member that is undefined is left out, as JSON does; an item is refused', () => {
  expect(jsonFault({ a: undefined, b: 1 })).toBeNull()
  expect(jsonFault([undefined])?.detail).toBe('is undefined, which JSON cannot carry')
  expect(jsonFault({ a: undefined, 'b\0': 1 })?.pointer).toBe('/b\0')
})

test('plain values pass', () => {
  for (const value of [null, true, false, 0, -1.5, '', 'x', [], {}]) expect(jsonFault(value)).toBeNull()
})

test('an object is neither null nor a list nor a plain value', () => {
  expect([{}, { a: 1 }].map(isObject)).toEqual([true, true])
  expect([null, [], 'x', 1, undefined, () => 1].map(isObject)).toEqual([false, false, false, false, false, false])
})

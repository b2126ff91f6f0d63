// The ground floor: batching, JSON checks, durations, suggestions, ids, pauses.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Batcher } from './batcher.ts'
import { pause, systemClock, type Clock } from './clock.ts'
import { spokenDuration, toMs } from './duration.ts'
import { errorText } from './error-text.ts'
import { equalInConstantTime, newId, newSecret, sha256 } from './ids.ts'
import { canonicalJson, jsonFault } from './json.ts'
import { nearest } from './suggest.ts'

describe('a batcher', () => {
  test('sends all that is asked for in one turn in one call, and answers each its own', async () => {
    const calls: number[][] = []
    const batcher = new Batcher(async (items: number[]) => {
      calls.push(items)
      return items.map((n) => n * 2)
    })
    expect(await Promise.all([1, 2, 3].map((n) => batcher.add(n)))).toEqual([2, 4, 6])
    expect(calls).toEqual([[1, 2, 3]])
  })

  test('gathers while a call is under way, keeps to its largest size, and tells a failure to those of that call alone', async () => {
    const sizes: number[] = []
    const batcher = new Batcher(
      async (items: number[]) => {
        sizes.push(items.length)
        if (items.includes(13)) throw new Error('unlucky')
        return items
      },
      { max: 2 },
    )
    const settled = await Promise.allSettled([1, 2, 13, 4, 5].map((n) => batcher.add(n)))
    expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'rejected', 'fulfilled'])
    expect(sizes).toEqual([2, 2, 1])
  })

  test('an item without an answer is an error, not a promise that never ends', async () => {
    const batcher = new Batcher(async () => [])
    await expect(batcher.add(1)).rejects.toThrow('has none')
  })
})

describe('a batcher that allows two calls at once', () => {
  test('keeps two under way, and starts the next as soon as one has ended', async () => {
    const calls: { items: number[]; end: () => void }[] = []
    const run = (items: number[]) => new Promise<number[]>((end) => calls.push({ items, end: () => end(items) }))
    const batcher = new Batcher(run, { max: 1, inFlight: 2 })
    const answers = [1, 2, 3].map((n) => batcher.add(n))
    await Promise.resolve()
    expect(calls.map(({ items }) => items)).toEqual([[1], [2]])
    calls[1]?.end()
    expect(await answers[1]).toBe(2)
    await Promise.resolve()
    expect(calls.map(({ items }) => items)).toEqual([[1], [2], [3]])
    for (const { end } of calls) end()
    expect(await Promise.all(answers)).toEqual([1, 2, 3])
  })
})

describe('JSON from outside', () => {
  test.each([
    [JSON.parse('{"a":{"__proto__":1}}'), '/a/__proto__'],
    [{ 'a/b': { constructor: 1 } }, '/a~1b/constructor'],
    [['x', 'a\0b'], '/1'],
    [{ a: '\ud800' }, '/a'],
    [{ a: Number.POSITIVE_INFINITY }, '/a'],
    [{ a: () => 1 }, '/a'],
    [{ a: Promise.resolve(1) }, '/a'],
    [{ a: new Map([[1, 2]]) }, '/a'],
    [new Error('lost'), ''],
    [{ a: [new Uint8Array(2)] }, '/a/0'],
  ])('%j is refused at %s', (value, pointer) => {
    expect(jsonFault(value)?.pointer).toBe(pointer)
  })

  test('what JSON has a word for is taken: plain objects, those without a prototype, dates, instances with members', () => {
    const bare: object = Object.assign(Object.create(null), { a: 1 })
    class Point {
      x = 1
    }
    for (const value of [{}, [], bare, Object.create(null), new Date(0), new Point()])
      expect(jsonFault(value)).toBeNull()
  })

  test('nesting and size have limits', () => {
    let deep: unknown = 1
    for (let i = 0; i < 100; i++) deep = [deep]
    expect(jsonFault(deep)?.detail).toContain('deeper than 64')
    expect(
      jsonFault(
        Array.from({ length: 20 }, () => 1),
        { nodes: 10 },
      )?.detail,
    ).toContain('too many')
  })

  test('what JSON can carry passes, and equal values have equal canonical text', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 3 }), (value) => {
        const text = JSON.stringify(value)
        fc.pre(jsonFault(JSON.parse(text)) === null)
        const canonical = canonicalJson(JSON.parse(text))
        expect(JSON.parse(canonical)).toEqual(JSON.parse(text))
        expect(canonicalJson(JSON.parse(canonical))).toBe(canonical)
      }),
    )
    expect(canonicalJson({ b: 1, a: [{ d: 1, c: 2 }] })).toBe(canonicalJson({ a: [{ c: 2, d: 1 }], b: 1 }))
  })
})

test('durations are read and spoken', () => {
  expect(['250ms', '30s', '5m', '24h', '7d', '1.5s', 40].map((text) => toMs(text, 'x'))).toEqual([
    250, 30_000, 300_000, 86_400_000, 604_800_000, 1_500, 40,
  ])
  for (const wrong of ['soon', '', '-5s', -1, Number.NaN])
    expect(() => toMs(wrong, 'limit')).toThrow('limit: expected a duration')
  expect([850, 41_000, 720_000, 10_800_000, 259_200_000].map(spokenDuration)).toEqual([
    '850 ms',
    '41 s',
    '12 min',
    '3 h',
    '3 d',
  ])
})

test('the nearest word is suggested, a far one is not', () => {
  expect(nearest('priorty', ['priority', 'retry'])).toBe('priority')
  expect(nearest('titel', ['title', 'type'])).toBe('title') // two letters swapped are one mistake
  expect(nearest('zebra', ['priority', 'retry'])).toBeNull()
})

test('ids rise, also within one millisecond, and are UUIDs of version 7', () => {
  const ids = Array.from({ length: 5_000 }, () => newId())
  expect(ids).toEqual(ids.toSorted())
  expect(new Set(ids).size).toBe(5_000)
  expect(ids[0]).toMatch(/^[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/)
})

test('a pause ends with its time, or at once when its signal aborts, and forgets its timer', async () => {
  let forgotten = 0
  const clock: Clock = { now: () => systemClock.now(), after: (_ms, _fn) => () => void forgotten++ }
  const stop = new AbortController()
  const paused = pause(clock, 60_000, stop.signal)
  stop.abort()
  await paused
  expect(forgotten).toBe(1)
  await pause(systemClock, 1, undefined, true)
})

test('a pause whose signal has aborted already sets no timer', async () => {
  let timers = 0
  const clock: Clock = { now: () => 0, after: () => (timers++, () => {}) }
  await pause(clock, 60_000, AbortSignal.abort())
  expect(timers).toBe(0)
})

test('a pause that ends with its time lets go of its signal', async () => {
  const due: (() => void)[] = []
  const clock: Clock = { now: () => 0, after: (_ms, fn) => (due.push(fn), () => {}) }
  const { signal } = new AbortController()
  const listeners = new Set<unknown>()
  signal.addEventListener = (_type: string, listener: unknown) => void listeners.add(listener)
  signal.removeEventListener = (_type: string, listener: unknown) => void listeners.delete(listener)
  const paused = pause(clock, 5, signal)
  expect(listeners.size).toBe(1)
  for (const fn of due) fn()
  await paused
  expect(listeners.size).toBe(0)
})

test('secrets are long and never the same, hashes are SHA-256, and comparing tells equal from unequal', () => {
  const secrets = Array.from({ length: 100 }, () => newSecret())
  expect(new Set(secrets).size).toBe(100)
  expect(secrets.every((secret) => /^[\w-]{32}$/.test(secret))).toBe(true)
  expect(sha256('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
  expect([equalInConstantTime('a', 'a'), equalInConstantTime('a', 'b'), equalInConstantTime('', 'a')]).toEqual([
    true,
    false,
    false,
  ])
})

test('whatever was thrown has one line', () => {
  const circle: { self?: unknown } = {}
  circle.self = circle
  const lines = [new TypeError('x'), 'text', { a: 1 }, undefined, null, 7n, Symbol('s'), circle].map(errorText)
  expect(lines.slice(0, 7)).toEqual(['TypeError: x', 'text', '{"a":1}', 'undefined', 'null', '7n', 'symbol'])
  expect(lines[7]).toMatch(/^object that JSON cannot carry: /)
})

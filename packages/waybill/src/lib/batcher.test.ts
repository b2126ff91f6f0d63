// What a batcher does when nobody said otherwise.
import { expect, test } from 'vitest'
import { Batcher } from './batcher.ts'

/** A batcher whose calls end only when told to. */
function held(): { batcher: Batcher<number, number>; sizes: number[]; endNext: () => void } {
  const sizes: number[] = []
  const ends: (() => void)[] = []
  const batcher = new Batcher((items: number[]) => {
    sizes.push(items.length)
    return new Promise<number[]>((resolve) => ends.push(() => resolve(items)))
  })
  return { batcher, sizes, endNext: () => ends.shift()?.() }
}

test('by default one call is under way at a time, and what comes meanwhile travels together', async () => {
  const { batcher, sizes, endNext } = held()
  const first = batcher.add(1)
  await Promise.resolve()
  const others = Promise.all([batcher.add(2), batcher.add(3)])
  await Promise.resolve()
  expect(sizes).toEqual([1])
  endNext()
  await first
  await Promise.resolve()
  expect(sizes).toEqual([1, 2])
  endNext()
  expect(await others).toEqual([2, 3])
})

test('by default a call carries five hundred at most', async () => {
  const { batcher, sizes, endNext } = held()
  const all = Promise.all(Array.from({ length: 501 }, (_, n) => batcher.add(n)))
  await Promise.resolve()
  expect(sizes).toEqual([500])
  endNext()
  await new Promise(setImmediate)
  endNext()
  expect(await all).toHaveLength(501)
  expect(sizes).toEqual([500, 1])
})

// Places in the queue: one question for all that ask at once, and one a second about the same job.
import { expect, test } from 'vitest'
import { Positions } from './positions.ts'

function aQueue(answer: (ids: string[]) => Promise<(number | null)[]>) {
  const queue = { now: 0, asked: [] as string[][], errors: 0 }
  const ahead = (ids: string[]) => {
    queue.asked.push(ids)
    return answer(ids)
  }
  const clock = { now: () => queue.now, after: () => () => {} }
  return Object.assign(queue, { positions: new Positions({ ahead }, clock, () => void queue.errors++) })
}

test('all that ask at once are asked for in one call, each job once', async () => {
  const { positions, asked } = aQueue(async (ids) => ids.map((_, i) => i))
  expect(await Promise.all(['a', 'b', 'a'].map((id) => positions.get(id)))).toEqual([0, 1, 0])
  expect(asked).toEqual([['a', 'b']])
})

test('what is known is good for a second', async () => {
  const queue = aQueue(async () => [3])
  expect(queue.positions.peek('a')).toBe(undefined)
  await queue.positions.get('a')
  queue.now = 999
  expect([queue.positions.peek('a'), await queue.positions.get('a'), queue.asked.length]).toEqual([3, 3, 1])
  queue.now = 1_000
  expect(queue.positions.peek('a')).toBe(undefined)
  await queue.positions.get('a')
  expect(queue.asked.length).toBe(2)
})

test('a store that is away, or that cannot say, costs the place and nothing else', async () => {
  const away = aQueue(() => Promise.reject(new Error('away')))
  expect([await away.positions.get('a'), away.errors]).toEqual([null, 1])
  const silent = new Positions({}, { now: () => 0, after: () => () => {} }, () => {})
  expect(await silent.get('a')).toBe(null)
})

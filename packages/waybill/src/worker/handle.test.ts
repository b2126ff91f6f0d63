// The options of a worker: what can never work is said when it is made.
import { expect, test } from 'vitest'
import { checkedWorker } from './handle.ts'

test.each([
  [{ concurrency: 0 }, 'concurrency is a whole number, 1–10,000, got 0'],
  [{ concurrency: Number.NaN }, 'concurrency is a whole number, 1–10,000, got NaN'],
  [{ concurrency: 1.5 }, 'concurrency is a whole number, 1–10,000, got 1.5'],
  [{ queues: ['good', 'no good'] }, 'got "no good"'],
  [{ queus: ['videos'] }, 'Did you mean "queues"?'],
  [{ isolate: 'thread' }, '"isolate" is not supported in this version'],
])('worker(%j) is refused: %s', (options, sentence) => {
  expect(() => void Reflect.apply(checkedWorker, null, [options])).toThrow(sentence)
})

test('* means all queues, as in the environment', () => {
  expect(checkedWorker({ queues: ['*'], concurrency: 2 })).toEqual({ queues: [], concurrency: 2 })
})

// The options of a worker: what can never work is said when it is made.
import { expect, test } from 'vitest'
import { checkedWorker, moduleOf } from './handle.ts'

test.each([
  [{ concurrency: 0 }, 'concurrency is a whole number, 1–10,000, got 0'],
  [{ concurrency: Number.NaN }, 'concurrency is a whole number, 1–10,000, got NaN'],
  [{ concurrency: 1.5 }, 'concurrency is a whole number, 1–10,000, got 1.5'],
  [{ queues: ['good', 'no good'] }, 'got "no good"'],
  [{ queus: ['videos'] }, 'Did you mean "queues"?'],
  [{ isolate: 'proces' }, 'isolate is none, thread, process, got "proces". Did you mean "process"?'],
])('worker(%j) is refused: %s', (options, sentence) => {
  expect(() => void Reflect.apply(checkedWorker, null, [options])).toThrow(sentence)
})

test('* means all queues, as in the environment', () => {
  expect(checkedWorker({ queues: ['*'], concurrency: 2 })).toEqual({ queues: [], concurrency: 2 })
})

test('the module of an isolated worker is a file, by its URL', () => {
  expect(moduleOf('process', 'file:///srv/jobs.ts').href).toBe('file:///srv/jobs.ts')
  expect(() => moduleOf('process', './jobs.ts')).toThrow('module is the URL of a file')
  expect(() => moduleOf('thread', undefined)).toThrow("worker({ isolate: 'thread', module: new URL('./jobs.js'")
})

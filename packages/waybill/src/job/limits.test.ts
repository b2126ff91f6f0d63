// Which ids and names may come from outside.
import { expect, test } from 'vitest'
import { isJobId, isName } from './limits.ts'

test.each(['a', 'A-1_b', '0', 'x'.repeat(64), '019aa8f1-7c1e-7d2a-9a51-0f6f2b9a1c33'])(
  '%s may be the id of a job',
  (id) => {
    expect(isJobId(id)).toBe(true)
  },
)

test.each(['', 'x'.repeat(65), 'a b', 'a/b', 'a.b', 'ä', 'a\n', '../x', 'a%2e'])('%j may not', (id) => {
  expect(isJobId(id)).toBe(false)
})

test.each(['health', 'stats', 'lookup', 'batch', 'bulk', 'events'])('%s is a word of the paths, and no id', (word) => {
  expect([isJobId(word), isJobId(`${word}1`)]).toEqual([false, true])
})

test.each(['a', 'video.generate', 'a:b-c_d', '0', 'x'.repeat(100)])('%s may be the name of a type or queue', (name) => {
  expect(isName(name)).toBe(true)
})

test.each(['', '.a', ':a', '-a', '_a', 'a b', 'a/b', 'ä', 'a\n', 'x'.repeat(101)])('%j may not', (name) => {
  expect(isName(name)).toBe(false)
})

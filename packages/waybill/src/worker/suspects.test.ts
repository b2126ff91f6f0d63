// Which jobs are kept apart from others, and where that is not needed.
import { expect, test } from 'vitest'
import { Suspects } from './suspects.ts'

test('a job that has lost two workers is a suspect', () => {
  const suspects = new Suspects(false)
  expect([0, 1, 2].map((losses) => suspects.isSuspect({ losses }))).toEqual([false, false, true])
})

test('no job is one where jobs run in processes of their own', () => {
  expect(new Suspects(true).isSuspect({ losses: 3 })).toBe(false)
})

// What a new view of a job makes of a list.
import { expect, test } from 'vitest'
import { keyOf, listed } from './list.ts'
import { aJob } from './page.fixture.ts'

const [old, young] = [aJob({ id: 'a', rev: 5 }), aJob({ id: 'b', rev: 1, createdAt: '2026-01-02T00:00:00.000Z' })]

test('the newest comes first, in whatever order they are heard of', () => {
  expect(listed(listed([], old), young)).toEqual([young, old])
  expect(listed(listed([], young), old)).toEqual([young, old])
})

test('a newer view takes the place of the older one; what is not newer changes nothing', () => {
  const list = [young, old]
  expect(listed(list, aJob({ id: 'a', rev: 6 }))[1]?.rev).toBe(6)
  expect(listed(list, aJob({ id: 'a', rev: 4 }))).toBe(list)
})

test('a job that is not in it stays out when only known ones are meant', () => {
  expect(listed([old], young, 'known')).toEqual([old])
})

test('200 are listed at most, the newest', () => {
  const many = Array.from({ length: 201 }, (_, i) => aJob({ id: `j${String(i).padStart(3, '0')}` }))
  const list = many.reduce<ReturnType<typeof listed>>((jobs, job) => listed(jobs, job), [])
  expect([list.length, list[0]?.id, list.at(-1)?.id]).toEqual([200, 'j200', 'j001'])
})

test('filters that say the same have one key', () => {
  expect(keyOf({ queue: 'q', type: 't' })).toBe(keyOf({ type: 't', queue: 'q', userId: undefined }))
})

// A bar between two views of a job.
import { expect, test } from 'vitest'
import { remaining } from './estimate.ts'
import { fromWire, type Job } from './views.ts'

const aJob = (more: Record<string, unknown> = {}): Job =>
  fromWire<Job>({
    status: 'processing',
    started_at: '2026-11-24T12:00:00.000Z',
    updated_at: '2026-11-24T12:00:00.000Z',
    duration_ms: 10_000,
    estimate: { progress: 0.25, ends_at: '2026-11-24T12:00:40.000Z', duration_ms: 40_000, samples: 50 },
    ...more,
  })

test.each([
  ['as it came', 0, { progress: 0.25, leftMs: 30_000 }],
  ['a while later', 10_000, { progress: 0.5, leftMs: 20_000 }],
  ['just before the end', 29_999, { progress: 0.99, leftMs: 1 }],
  ['past the end that was expected', 30_000, { progress: 0.99, leftMs: null }],
])('%s', (_, ageMs, expected) => {
  expect(remaining(aJob(), ageMs)).toEqual(expected)
})

test('a report of progress is as late as it says', () => {
  const estimate = { progress: 0.5, ends_at: '2026-11-24T12:00:40.000Z', duration_ms: 40_000, samples: 50 }
  expect(remaining(aJob({ updated_at: '2026-11-24T12:00:20.000Z', estimate }))).toEqual({
    progress: 0.5,
    leftMs: 20_000,
  })
})

test('without a known end the bar stands', () => {
  const estimate = { progress: 0.8, ends_at: null, duration_ms: 40_000, samples: 50 }
  expect(remaining(aJob({ estimate }), 60_000)).toEqual({ progress: 0.8, leftMs: null })
})

test('without an estimate, and after the end, there is nothing to say', () => {
  const { estimate: _, ...without } = aJob()
  expect([remaining(without), remaining(aJob({ status: 'completed' }))]).toEqual([null, null])
})

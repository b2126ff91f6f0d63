// The defaults that the documentation names: a number that changes here must be meant.
import { expect, test } from 'vitest'
import { cancelGraceMs, defaultPolicy, maxLosses, tombstoneMs } from './policy.ts'

const minute = 60_000
const day = 24 * 60 * minute

test('a job is tried three times, a minute and then two apart, half an hour each time', () => {
  expect(defaultPolicy).toEqual({
    retry: { maxAttempts: 3, backoffMs: minute, factor: 2, maxMs: 60 * minute, jitter: 0.2 },
    timeoutMs: 30 * minute,
    softTimeoutMs: 25 * minute,
    retentionMs: day,
    retentionFailedMs: 7 * day,
    startWithinMs: null,
  })
})

test('a purged job is known as gone for thirty days; a cancel leaves half a minute; three workers may be lost', () => {
  expect([tombstoneMs, cancelGraceMs, maxLosses]).toEqual([30 * day, 30_000, 3])
})

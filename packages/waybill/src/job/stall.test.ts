// The pure rule of an attempt that said nothing for too long.
import { expect, test } from 'vitest'
import { changed } from './change.ts'
import { aRecord, now } from './record.fixture.ts'
import { stalled } from './stall.ts'

test('is a timeout that says why, and counts as a fail', () => {
  const change = stalled(aRecord(), 7, 120_000, 'err_1', () => 0.5)
  expect(change.event.data).toMatchObject({ timed_out: true })
  expect(changed(aRecord(), change, now)).toMatchObject({
    status: 'scheduled',
    fails: 1,
    error: {
      code: 'timeout',
      message: 'The job made no progress for too long and was stopped.',
      internal: { message: 'no progress, log line or step for 120000 ms (stallTimeout)' },
    },
  })
})

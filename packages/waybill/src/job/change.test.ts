// meets and changed: the two rules that every engine keeps in its own words.
import { describe, expect, test } from 'vitest'
import { changed, meets, type Change, type Expect } from './change.ts'
import { aLease, aRecord, now } from './record.fixture.ts'
import type { JobRecord } from './record.ts'

const change = (members: Partial<Change> = {}): Change => ({
  id: 'j',
  expect: {},
  to: 'pending',
  set: {},
  event: { type: 'released', data: {} },
  ...members,
})

describe('meets', () => {
  const flagged = { cancelRequestedAt: now }
  const renewed = { lease: aLease({ expiresAt: now + 1 }) }
  test.each<[string, Partial<JobRecord>, Expect, ReturnType<typeof meets>]>([
    ['nothing is expected', {}, {}, 'yes'],
    ['the rev is as expected', {}, { rev: 2 }, 'yes'],
    ['the rev is another', {}, { rev: 3 }, 'lost'],
    ['the fence is as expected', {}, { fence: 7 }, 'yes'],
    ['the fence is another', {}, { fence: 6 }, 'lost'],
    ['the fence is that of a lease long gone', { lease: null, status: 'pending' }, { fence: 7 }, 'lost'],
    ['the flag is set and expected', flagged, { fence: 7, cancelRequested: true }, 'yes'],
    ['the flag is set and not expected', flagged, { fence: 7, cancelRequested: false }, 'changed'],
    ['the flag is expected and not set', {}, { fence: 7, cancelRequested: true }, 'changed'],
    ['the flag does not matter', flagged, { fence: 7 }, 'yes'],
    ['the lease has run out', {}, { fence: 7, leaseExpired: true }, 'yes'],
    [
      'the lease runs out this very instant',
      { lease: aLease({ expiresAt: now }) },
      { fence: 7, leaseExpired: true },
      'yes',
    ],
    ['the lease was renewed', renewed, { fence: 7, leaseExpired: true }, 'changed'],
    ['a lost fence outweighs a flag', flagged, { fence: 6, cancelRequested: false }, 'lost'],
  ])('%s', (_, record, expected, verdict) => {
    expect(meets(aRecord(record), change({ expect: expected }), now)).toBe(verdict)
  })
})

describe('changed', () => {
  test('a job that becomes pending may run now; otherwise runAt stays, unless a delay says when', () => {
    expect(changed(aRecord(), change(), now).runAt).toBe(now)
    expect(changed(aRecord(), change({ to: 'processing' }), now).runAt).toBe(aRecord().runAt)
    expect(changed(aRecord(), change({ to: 'scheduled', runInMs: 5 }), now).runAt).toBe(now + 5)
    expect(changed(aRecord(), change({ runInMs: 0 }), now).runAt).toBe(now)
  })

  test('an end says when it came and until when the job is kept; leaving it takes both back', () => {
    const ended = changed(aRecord(), change({ to: 'failed', keepMs: 9 }), now)
    expect([ended.completedAt, ended.expiresAt]).toEqual([now, now + 9])
    const again = changed(ended, change({ event: { type: 'retried', data: {} } }), now + 1)
    expect([again.completedAt, again.expiresAt]).toEqual([null, null])
  })

  test('a new input replaces the old one, none leaves it', () => {
    expect(changed(aRecord({ input: 1 }), change(), now).input).toBe(1)
    expect(changed(aRecord({ input: 1 }), change({ input: null }), now).input).toBeNull()
    expect('input' in changed(aRecord(), change(), now)).toBe(false)
  })

  test('a cancel request outlives everything but an explicit retry', () => {
    const asked = changed(aRecord(), change({ to: 'processing', graceMs: 5 }), now)
    expect([asked.cancelRequestedAt, asked.cancelBy]).toEqual([now, now + 5])
    const ended = changed(asked, change({ to: 'cancelled' }), now + 1)
    expect([ended.cancelRequestedAt, ended.cancelBy]).toEqual([now, now + 5])
    const again = changed(ended, change({ event: { type: 'retried', data: {} } }), now + 2)
    expect([again.cancelRequestedAt, again.cancelBy]).toEqual([null, null])
  })

  test('the record it was given stays as it was', () => {
    const before = aRecord()
    changed(before, change({ set: { progress: 1 } }), now)
    expect(before).toEqual(aRecord())
  })
})

// Every transition, one sentence each: what happened to a job → the Change that says so.
import { describe, expect, test } from 'vitest'
import { changed, meets } from './change.ts'
import {
  cancel,
  childEnded,
  completed,
  due,
  expired,
  failed,
  graceOver,
  leaseRanOut,
  released,
  retried,
  signalled,
  slept,
  stopped,
  timedOut,
  waitsFor,
} from './decide.ts'
import { systemError } from './errors.ts'
import { defaultPolicy } from './policy.ts'
import { aLease, aRecord, now } from './record.fixture.ts'
import type { JobRecord } from './record.ts'

const half = () => 0.5
const oops = systemError('job_error', 'err_1')
const job = aRecord

const waiting = (members: Partial<JobRecord> = {}) =>
  job({ status: 'pending', lease: null, startedAt: null, attempt: 0, fence: 0, ...members })
const after = (record: JobRecord, change: Parameters<typeof changed>[1] | null) => {
  if (!change) throw new Error('a change was expected')
  expect(meets(record, change, now)).toBe('yes')
  return changed(record, change, now)
}

describe('a worker says', () => {
  test('completed: the result is kept, progress is 1, the lease is over, and it is kept for its retention', () => {
    const end = after(job(), completed(job(), 7, { a: 1 }))
    expect(end).toMatchObject({
      status: 'completed',
      result: { a: 1 },
      progress: 1,
      rev: 3,
      lease: null,
      completedAt: now,
    })
    expect(end.expiresAt).toBe(now + defaultPolicy.retentionMs)
  })

  test('completed counts even when a cancel had been asked for: the work is done', () => {
    const flagged = job({ cancelRequestedAt: now })
    expect(after(flagged, completed(flagged, 7, 1)).status).toBe('completed')
  })

  test('failed: scheduled again after the backoff, one fail counted, progress starts over', () => {
    const next = after(job(), failed(job(), 7, oops, half))
    expect(next).toMatchObject({
      status: 'scheduled',
      waitReason: 'retry',
      fails: 1,
      losses: 0,
      progress: null,
      runAt: now + 60_000,
      lease: null,
    })
  })

  test('failed for the last time: failed, with its error, kept longer', () => {
    const last = job({ fails: 2, attempt: 3 })
    const end = after(last, failed(last, 7, oops, half))
    expect(end).toMatchObject({ status: 'failed', fails: 3, error: { code: 'job_error', ref: 'err_1' }, progress: 0.4 })
    expect(end.expiresAt).toBe(now + defaultPolicy.retentionFailedMs)
  })

  test('failed with an error that trying again cannot cure: failed at once', () => {
    expect(failed(job(), 7, { ...oops, retryable: false }, half).to).toBe('failed')
    expect(failed(job(), 7, oops, half, 'never').to).toBe('failed')
  })

  test('failed with a delay of its own: scheduled for then', () => {
    expect(failed(job(), 7, oops, half, { delayMs: 5 }).runInMs).toBe(5)
  })

  test('failed after a cancel was asked for: cancelled', () => {
    const flagged = job({ cancelRequestedAt: now, cancelReason: 'enough' })
    expect(after(flagged, failed(flagged, 7, oops, half))).toMatchObject({
      status: 'cancelled',
      fails: 1,
      cancelReason: 'enough',
    })
  })

  test('failed, but a cancel came between the decision and the write: the write asks to decide again', () => {
    expect(meets(job({ cancelRequestedAt: now }), failed(job(), 7, oops, half), now)).toBe('changed')
  })

  test('timed out: a fail like any other, marked as a timeout', () => {
    const change = timedOut(job(), 7, 'err_t', half)
    expect(after(job(), change)).toMatchObject({ status: 'scheduled', fails: 1, error: { code: 'timeout' } })
    expect(change.event.data).toMatchObject({ timed_out: true })
  })

  test('released: pending again, nothing charged, the attempt given back', () => {
    expect(after(job(), released(job(), 7, 'shutdown'))).toMatchObject({
      status: 'pending',
      attempt: 0,
      fails: 0,
      losses: 0,
      lease: null,
    })
  })

  test.each([
    ['released', released(job(), 7, 'r')],
    ['asleep', slept(job(), 7, 5)],
    ['waiting', waitsFor(job(), 7, 'signal')],
  ])(
    '%s, but a cancel came meanwhile: the write asks to decide again, or the request would be forgotten',
    (_, change) => {
      expect(meets(job({ cancelRequestedAt: now }), change, now)).toBe('changed')
    },
  )

  test('released with a delay: scheduled for then, still nothing charged', () => {
    expect(after(job(), released(job(), 7, 'later', 500))).toMatchObject({
      status: 'scheduled',
      waitReason: 'delay',
      runAt: now + 500,
      attempt: 0,
    })
  })

  test('stopped, after a cancel: cancelled', () => {
    expect(after(job(), stopped(job(), 7)).status).toBe('cancelled')
  })

  test('sleeps: scheduled, the worker is free, the attempt is not charged', () => {
    expect(after(job(), slept(job(), 7, 500))).toMatchObject({
      status: 'scheduled',
      waitReason: 'delay',
      attempt: 0,
      runAt: now + 500,
    })
  })

  test('waits for its parts or a signal: waiting, the worker is free', () => {
    const children = { total: 2, completed: 0, failed: 0, cancelled: 0, active: 2 }
    expect(after(job(), waitsFor(job(), 7, 'children', children))).toMatchObject({
      status: 'waiting',
      waitReason: 'children',
      children,
    })
    expect(after(job(), waitsFor(job(), 7, 'signal'))).toMatchObject({ status: 'waiting', waitReason: 'signal' })
  })
})

describe('upkeep finds', () => {
  test('its time has come: pending', () => {
    const scheduled = waiting({ status: 'scheduled', waitReason: 'delay' })
    expect(after(scheduled, due(scheduled))).toMatchObject({ status: 'pending', waitReason: null, runAt: now })
  })

  test('a lost worker: the first loss goes back at once, and is no fail', () => {
    expect(after(job(), leaseRanOut(job(), 'err', half))).toMatchObject({
      status: 'pending',
      losses: 1,
      fails: 0,
      attempt: 1,
    })
  })

  test('a second loss waits for the backoff, the fourth ends the job as worker_crashed', () => {
    expect(after(job({ losses: 1 }), leaseRanOut(job({ losses: 1 }), 'err', half))).toMatchObject({
      status: 'scheduled',
      losses: 2,
    })
    expect(after(job({ losses: 3 }), leaseRanOut(job({ losses: 3 }), 'err', half))).toMatchObject({
      status: 'failed',
      losses: 4,
      error: { code: 'worker_crashed' },
    })
  })

  test('a lost worker that had not begun the job: back, free of charge', () => {
    const held = job({
      lease: aLease({ held: true }),
    })
    expect(after(held, leaseRanOut(held, 'err', half))).toMatchObject({ status: 'pending', losses: 0, attempt: 0 })
  })

  test('a lost worker whose job was to be cancelled: cancelled', () => {
    const flagged = job({ cancelRequestedAt: now })
    expect(after(flagged, leaseRanOut(flagged, 'err', half))).toMatchObject({ status: 'cancelled', losses: 1 })
  })

  test('a lease that was renewed in the meantime is not taken', () => {
    const renewed = job({
      lease: aLease({ expiresAt: now + 1 }),
    })
    expect(meets(renewed, leaseRanOut(job(), 'err', half), now)).toBe('changed')
  })

  test('the grace of a cancel is over: cancelled, and the lease is gone', () => {
    const flagged = job({ cancelRequestedAt: now - 30_000 })
    expect(after(flagged, graceOver(flagged))).toMatchObject({ status: 'cancelled', lease: null })
  })

  test('the grace is over, but an explicit retry has taken the request back: nothing is revoked', () => {
    const flagged = job({ cancelRequestedAt: now - 30_000 })
    expect(meets(job(), graceOver(flagged), now)).toBe('changed')
  })

  test('a worker lost while a cancel was asked for: the history tells of the loss', () => {
    const flagged = job({ cancelRequestedAt: now })
    expect(leaseRanOut(flagged, 'err', half).event).toMatchObject({ type: 'cancelled', data: { lost: true } })
  })

  test('a job that did not start in time: failed, expired', () => {
    expect(after(waiting(), expired(waiting(), 'err'))).toMatchObject({ status: 'failed', error: { code: 'expired' } })
  })
})

describe('people ask', () => {
  test.each(['scheduled', 'pending', 'waiting'] as const)('to cancel a job that is %s: cancelled at once', (status) => {
    const record = waiting({ status })
    expect(after(record, cancel(record, { reason: 'r' }))).toMatchObject({ status: 'cancelled', cancelReason: 'r' })
  })

  test('to cancel a running job: flagged, with a grace; the first request keeps its time', () => {
    const flagged = after(job(), cancel(job(), { reason: 'r', graceMs: 9 }))
    expect(flagged).toMatchObject({
      status: 'processing',
      cancelRequestedAt: now,
      cancelBy: now + 9,
      cancelReason: 'r',
      lease: { fence: 7 },
    })
    const again = changed(flagged, cancel(flagged, { graceMs: 1 }) ?? completed(flagged, 7, null), now + 5)
    expect(again).toMatchObject({ cancelRequestedAt: now, cancelBy: now + 6 })
  })

  test('to cancel again, without a reason: the first reason stays', () => {
    const flagged = job({ cancelRequestedAt: now, cancelReason: 'first' })
    expect(after(flagged, cancel(flagged))).toMatchObject({ cancelReason: 'first' })
    expect(after(flagged, cancel(flagged, { reason: 'second' }))).toMatchObject({ cancelReason: 'second' })
  })

  test('to cancel by force: the lease is revoked at once', () => {
    expect(after(job(), cancel(job(), { mode: 'force' }))).toMatchObject({ status: 'cancelled', lease: null })
  })

  test.each(['completed', 'failed', 'cancelled'] as const)('to cancel a job that is %s: nothing to do', (status) => {
    expect(cancel(job({ status, lease: null }))).toBeNull()
  })

  test('to retry an ended job: pending, counters anew, rev and fence go on', () => {
    const ended = job({
      status: 'failed',
      lease: null,
      fails: 3,
      losses: 1,
      error: oops,
      completedAt: now,
      cancelRequestedAt: now,
      rev: 9,
    })
    expect(after(ended, retried(ended, { n: 2 }))).toMatchObject({
      status: 'pending',
      attempt: 0,
      fails: 0,
      losses: 0,
      error: null,
      completedAt: null,
      expiresAt: null,
      cancelRequestedAt: null,
      rev: 10,
      fence: 7,
      input: { n: 2 },
    })
    expect(retried(job())).toBeNull()
  })

  test('to signal a job that waits for it: pending; others are left alone', () => {
    const record = waiting({ status: 'waiting', waitReason: 'signal' })
    expect(after(record, signalled(record, 'approved'))).toMatchObject({ status: 'pending', waitReason: null })
    expect(signalled(waiting(), 'approved')).toBeNull()
    expect(signalled(waiting({ status: 'waiting', waitReason: 'children' }), 'approved')).toBeNull()
    expect(signalled(waiting({ waitReason: 'signal' }), 'approved')).toBeNull()
  })
})

describe('a part ends', () => {
  const children = { total: 2, completed: 1, failed: 0, cancelled: 0, active: 1 }
  const parent = waiting({ status: 'waiting', waitReason: 'children', children })

  test('and it was not the last: the parent waits on', () => {
    const two = waiting({
      status: 'waiting',
      waitReason: 'children',
      children: { ...children, completed: 0, active: 2 },
    })
    expect(after(two, childEnded(two, 'completed', 'fail', 'e'))).toMatchObject({
      status: 'waiting',
      children: { completed: 1, active: 1 },
    })
  })

  test('and it was the last: the parent goes on', () => {
    expect(after(parent, childEnded(parent, 'completed', 'fail', 'e'))).toMatchObject({
      status: 'pending',
      children: { completed: 2, active: 0 },
    })
  })

  test('badly: the parent fails with it, or goes on, as it chose', () => {
    expect(after(parent, childEnded(parent, 'failed', 'fail', 'e'))).toMatchObject({
      status: 'failed',
      error: { code: 'child_failed' },
    })
    expect(after(parent, childEnded(parent, 'failed', 'continue', 'e'))).toMatchObject({ status: 'pending' })
  })

  test('of a parent that no longer waits: nothing to do', () => {
    expect(childEnded(waiting({ children }), 'completed', 'fail', 'e')).toBeNull()
  })
})

// What each decision adds to the history of its job: one entry, with all that a reader needs to understand it later.
import { expect, test } from 'vitest'
import type { Change, NewStep } from './change.ts'
import { postponed } from './debounce.ts'
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
import { aLease, aRecord, now } from './record.fixture.ts'
import { errorData, timelineTypes } from './timeline.ts'
import { signalSent, waitOver } from './waits.ts'

const half = () => 0.5
const oops = systemError('job_error', 'err_1', 'inside')
const job = aRecord({ id: 'told' })
const last = { ...job, fails: 2, attempt: 3 }
const second = { ...job, losses: 1 }
const flagged = { ...job, cancelRequestedAt: now, cancelReason: 'enough' }
const held = { ...job, lease: aLease({ held: true }) }
const parked = { ...job, status: 'waiting', lease: null } as const
const missed: NewStep = { key: 'signal:approved', status: 'failed', attempt: 1, startedAt: now, result: null }
const two = { total: 2, completed: 1, failed: 0, cancelled: 0, active: 1 }
const three = { total: 3, completed: 1, failed: 0, cancelled: 0, active: 2 }
const byChildren = { ...parked, waitReason: 'children', children: two } as const

const delayed = { ...job, status: 'scheduled', waitReason: 'delay', fence: 0, lease: null, createdAt: now } as const
const wish = { input: 2, waitMs: 5_000, maxMs: 3_000 }

const told: [string, Change | null, Change['event']['type'], Change['event']['data']][] = [
  ['completed', completed(job, 7, 1), 'completed', {}],
  ['asked for again while it waits', postponed(delayed, wish, now), 'debounced', { delay_ms: 3_000 }],
  [
    'failed, to be tried again',
    failed(job, 7, oops, half),
    'retry_scheduled',
    { attempt: 1, delay_ms: 60_000, error: errorData(oops) },
  ],
  ['failed for the last time', failed(last, 7, oops, half), 'failed', { error: errorData(oops) }],
  ['failed after a cancel', failed(flagged, 7, oops, half), 'cancelled', { reason: 'enough' }],
  [
    'timed out, to be tried again',
    timedOut(job, 7, 'err_t', half),
    'retry_scheduled',
    {
      attempt: 1,
      delay_ms: 60_000,
      error: errorData(systemError('timeout', 'err_t', 'no end after 1800000 ms')),
      timed_out: true,
    },
  ],
  [
    'timed out for the last time',
    timedOut(last, 7, 'err_t', half),
    'failed',
    { error: errorData(systemError('timeout', 'err_t', 'no end after 1800000 ms')), timed_out: true },
  ],
  ['given back', released(job, 7, 'shutdown'), 'released', { reason: 'shutdown' }],
  ['stopped', stopped(flagged, 7), 'cancelled', { reason: 'enough' }],
  ['asleep', slept(job, 7, 500), 'slept', { ms: 500 }],
  ['waiting for a signal', waitsFor(job, 7, 'signal'), 'waits', { for: 'signal' }],
  ['waiting for its parts', waitsFor(job, 7, 'children', two), 'waits', { for: 'children' }],
  ['due', due({ ...job, status: 'scheduled', lease: null }), 'due', {}],
  ['lost once', leaseRanOut(job, 'err', half), 'lost', { worker_id: 'w', losses: 1, delay_ms: 0 }],
  ['lost again', leaseRanOut(second, 'err', half), 'lost', { worker_id: 'w', losses: 2, delay_ms: 60_000 }],
  [
    'lost too often',
    leaseRanOut({ ...job, losses: 3 }, 'err_l', half),
    'failed',
    { error: errorData(systemError('worker_crashed', 'err_l', 'lost 4 workers, the last was w')), lost: true },
  ],
  ['lost before it began', leaseRanOut(held, 'err', half), 'released', { reason: 'worker lost before the job began' }],
  ['lost after a cancel', leaseRanOut(flagged, 'err', half), 'cancelled', { reason: 'enough', lost: true }],
  ['revoked after the grace', graceOver(flagged), 'cancelled', { reason: 'enough' }],
  [
    'not started in time',
    expired({ ...job, status: 'pending', lease: null }, 'err_x'),
    'expired',
    { error: errorData(systemError('expired', 'err_x')) },
  ],
  ['asked to stop', cancel(job, { reason: 'why' }), 'cancel_requested', { reason: 'why' }],
  ['cancelled by force', cancel(job, { reason: 'why', mode: 'force' }), 'cancelled', { reason: 'why' }],
  ['cancelled without a word', cancel(parked), 'cancelled', { reason: null }],
  ['retried by hand', retried({ ...job, status: 'failed', lease: null }), 'retried', {}],
  ['signalled', signalled({ ...parked, waitReason: 'signal' }, 'approved'), 'resumed', { signal: 'approved' }],
  [
    'one part done',
    childEnded({ ...byChildren, children: three }, 'completed', 'fail', 'e'),
    'child_ended',
    { status: 'completed', active: 1 },
  ],
  [
    'the last part done',
    childEnded(byChildren, 'completed', 'fail', 'e'),
    'resumed',
    { children: { ...two, completed: 2, active: 0 } },
  ],
  ['a wait without its signal', due({ ...parked, waitReason: 'signal' }), 'resumed', { timed_out: true }],
  ['a signal before its wait', sentTo(job), 'signalled', { signal: 'approved' }],
  ['a signal that did not come', waitOver(job, 7, 'approved', missed), 'wait_over', { signal: 'approved' }],
  [
    'a part failed',
    childEnded(byChildren, 'failed', 'fail', 'err_c'),
    'failed',
    { error: errorData(systemError('child_failed', 'err_c')) },
  ],
]

function sentTo(record: typeof job): Change {
  const change = signalSent(record, [], { name: 'approved', payload: null }, 0)
  if (change === null || change === 'full') throw new Error('it was expected to be kept')
  return change
}

test.each(told)('%s: the entry says what and why', (_, change, type, data) => {
  expect(change?.id).toBe('told')
  expect(change?.event).toEqual({ type, data })
})

test('every kind of entry is made by some decision, apart from those that inserts and claims make', () => {
  const made = new Set(told.map(([, , type]) => type))
  expect(timelineTypes.filter((type) => !made.has(type))).toEqual(['created', 'claimed'])
})

// What holds for every decision, whatever the job and whatever has happened to it.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { changed, meets, type Change } from './change.ts'
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
import { canMove, isEnd, type Status } from './status.ts'

const oops = systemError('job_error', 'err')
const final = systemError('result_too_large', 'err')
const two = { total: 2, completed: 0, failed: 0, cancelled: 0, active: 2 }

type Decide = (job: JobRecord, random: () => number) => Change | null

/** Every decider, with the statuses in which something may call it. */
const deciders: Record<string, { in: Status[]; decide: Decide }> = {
  completed: { in: ['processing'], decide: (job) => completed(job, job.fence, { a: 1 }) },
  failed: { in: ['processing'], decide: (job, random) => failed(job, job.fence, oops, random) },
  'failed for good': { in: ['processing'], decide: (job, random) => failed(job, job.fence, final, random) },
  'failed, never again': { in: ['processing'], decide: (job, random) => failed(job, job.fence, oops, random, 'never') },
  'failed, later': {
    in: ['processing'],
    decide: (job, random) => failed(job, job.fence, oops, random, { delayMs: 7 }),
  },
  timedOut: { in: ['processing'], decide: (job, random) => timedOut(job, job.fence, 'err', random) },
  released: { in: ['processing'], decide: (job) => released(job, job.fence, 'r') },
  'released, later': { in: ['processing'], decide: (job) => released(job, job.fence, 'r', 5) },
  stopped: { in: ['processing'], decide: (job) => stopped(job, job.fence) },
  slept: { in: ['processing'], decide: (job) => slept(job, job.fence, 5) },
  'waits for a signal': { in: ['processing'], decide: (job) => waitsFor(job, job.fence, 'signal') },
  'waits for its parts': { in: ['processing'], decide: (job) => waitsFor(job, job.fence, 'children', two) },
  leaseRanOut: { in: ['processing'], decide: (job, random) => leaseRanOut(job, 'err', random) },
  graceOver: { in: ['processing'], decide: graceOver },
  due: { in: ['scheduled'], decide: due },
  expired: { in: ['scheduled', 'pending'], decide: (job) => expired(job, 'err') },
  cancel: { in: ['scheduled', 'pending', 'waiting', 'processing'], decide: (job) => cancel(job, { reason: 'r' }) },
  force: { in: ['scheduled', 'pending', 'waiting', 'processing'], decide: (job) => cancel(job, { mode: 'force' }) },
  retried: { in: ['completed', 'failed', 'cancelled'], decide: (job) => retried(job) },
  signalled: { in: ['waiting'], decide: (job) => signalled(job, 's') },
  'a part ended': { in: ['waiting'], decide: (job) => childEnded(job, 'completed', 'fail', 'err') },
  'a part failed': { in: ['waiting'], decide: (job) => childEnded(job, 'failed', 'fail', 'err') },
  'a part failed, and no matter': { in: ['waiting'], decide: (job) => childEnded(job, 'failed', 'continue', 'err') },
}

/** A job in one of `statuses`, with members that fit its status. */
function jobIn(statuses: Status[]): fc.Arbitrary<JobRecord> {
  const drawn = fc.record({
    status: fc.constantFrom(...statuses),
    fails: fc.nat(4),
    losses: fc.nat(4),
    rev: fc.integer({ min: 2, max: 99 }),
    held: fc.boolean(),
    flagged: fc.boolean(),
    signal: fc.boolean(),
    active: fc.integer({ min: 1, max: 3 }),
    maxAttempts: fc.integer({ min: 1, max: 4 }),
  })
  return drawn.map(({ status, fails, losses, rev, held, flagged, signal, active, maxAttempts }) => {
    const running = status === 'processing'
    const reason = { scheduled: 'delay', waiting: signal ? 'signal' : 'children' } as const
    return aRecord({
      status,
      fails,
      losses,
      rev,
      attempt: fails + losses + (running ? 1 : 0),
      policy: { ...defaultPolicy, retry: { ...defaultPolicy.retry, maxAttempts } },
      lease: running ? aLease({ held }) : null,
      waitReason: status === 'scheduled' || status === 'waiting' ? reason[status] : null,
      cancelRequestedAt: running && flagged ? now - 5 : null,
      children: status === 'waiting' && !signal ? { ...two, active } : null,
      completedAt: isEnd(status) ? now - 5 : null,
      expiresAt: isEnd(status) ? now + 5 : null,
      error: status === 'failed' ? oops : null,
    })
  })
}

/** Runs `look` on what the decider makes of many jobs. */
function forAll(name: string, look: (job: JobRecord, change: Change) => void): void {
  const decider = deciders[name]
  if (!decider) throw new Error(`no decider is named ${name}`)
  const chance = fc.double({ min: 0, max: 0.999, noNaN: true })
  fc.assert(
    fc.property(jobIn(decider.in), chance, (job, random) => {
      const change = decider.decide(job, () => random)
      if (change) look(job, change)
    }),
  )
}

const names = Object.keys(deciders)

describe.each(names)('%s', (name) => {
  test('is a move that the status table has', () => {
    forAll(name, (job, { to }) => expect(canMove(job.status, to), `${job.status} to ${to}`).toBe(true))
  })

  test('raises the rev by one, and leaves lease, end and reason to wait only where the new status has them', () => {
    forAll(name, (job, change) => {
      const next = changed(job, change, now)
      expect(next.rev).toBe(job.rev + 1)
      expect(next.lease !== null).toBe(next.status === 'processing')
      expect([next.completedAt !== null, next.expiresAt !== null]).toEqual([isEnd(next.status), isEnd(next.status)])
      expect(next.waitReason !== null).toBe(next.status === 'scheduled' || next.status === 'waiting')
      expect(next.status !== 'completed' || (next.progress === 1 && next.error === null)).toBe(true)
      expect(next.status !== 'failed' || next.error !== null).toBe(true)
    })
  })

  test('names what must still hold: its fence while the job runs, else its rev', () => {
    forAll(name, (job, { expect: expected }) => {
      const { fence, rev } = expected
      expect({ fence, rev }).toEqual(job.status === 'processing' ? { fence: job.fence } : { rev: job.rev })
    })
  })

  test('is refused under another fence or rev', () => {
    forAll(name, (job, change) => {
      const later = { ...job, rev: job.rev + 1, lease: job.lease && { ...job.lease, fence: job.fence + 1 } }
      expect(meets(later, change, now)).toBe('lost')
    })
  })

  test('charges fails and losses apart, and never both', () => {
    const failing = ['failed', 'failed for good', 'failed, never again', 'failed, later', 'timedOut']
    const fails = failing.includes(name) ? 1 : 0
    forAll(name, (job, change) => {
      const { fails: failsBefore, losses: lossesBefore } = name === 'retried' ? { fails: 0, losses: 0 } : job
      const next = changed(job, change, now)
      const free = job.lease?.held === true && job.cancelRequestedAt === null
      expect(next.fails - failsBefore).toBe(fails)
      expect(next.losses - lossesBefore).toBe(name === 'leaseRanOut' && !free ? 1 : 0)
    })
  })
})

test.each(['released', 'released, later', 'slept', 'waits for a signal', 'waits for its parts'])(
  '%s: nothing is charged, and the attempt is given back',
  (name) => {
    forAll(name, (job, change) => expect(changed(job, change, now).attempt).toBe(job.attempt - 1))
  },
)

const anew = ['failed', 'failed, later', 'timedOut', 'released', 'released, later', 'leaseRanOut', 'retried']
const said = ({ progress, progressMessage, stage, counts }: JobRecord) => [progress, progressMessage, stage, counts]

test.each(anew)('%s: an attempt that begins anew shows nothing of the one before', (name) => {
  forAll(name, (job, change) => {
    const next = changed(job, change, now)
    expect(said(next)).toEqual(isEnd(next.status) ? said(job) : [null, null, null, null])
  })
})

test.each(['slept', 'waits for a signal', 'waits for its parts', 'cancel'])('%s: what was said stands', (name) => {
  forAll(name, (job, change) => expect(said(changed(job, change, now))).toEqual(said(job)))
})

test.each(names)('%s: the input stays what it was', (name) => {
  forAll(name, (job, change) => expect(changed({ ...job, input: 'kept' }, change, now).input).toBe('kept'))
})

test('a release with the shortest delay waits, and one without is pending at once', () => {
  forAll('released', (job) => {
    expect([released(job, job.fence, 'r', 1), released(job, job.fence, 'r', 0)]).toMatchObject([
      { to: 'scheduled', runInMs: 1 },
      { to: 'pending' },
    ])
  })
})

test('a job fails of lost workers exactly with the fourth', () => {
  forAll('leaseRanOut', (job, change) => {
    const free = job.lease?.held === true
    const wanted = job.cancelRequestedAt !== null ? 'cancelled' : !free && job.losses >= 3 ? 'failed' : 'again'
    expect(isEnd(change.to) ? change.to : 'again').toBe(wanted)
    expect(change.set.error?.code).toBe(wanted === 'failed' ? 'worker_crashed' : undefined)
  })
})

test('a job fails by its own errors exactly when they are used up, or cannot be cured', () => {
  forAll('failed', (job, change) => {
    const usedUp = job.fails + 1 >= job.policy.retry.maxAttempts
    const wanted = job.cancelRequestedAt !== null ? 'cancelled' : usedUp ? 'failed' : 'scheduled'
    expect(change.to).toBe(wanted)
  })
  forAll('failed for good', (job, { to }) => expect(to).toBe(job.cancelRequestedAt === null ? 'failed' : 'cancelled'))
})

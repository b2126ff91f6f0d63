// The pure rules of waiting: what a wait writes down, whom a signal wakes, and which number it gets.
import { describe, expect, test } from 'vitest'
import { changed } from './change.ts'
import { aRecord, now } from './record.fixture.ts'
import type { JobRecord, Step } from './record.ts'
import { cameMeanwhile, isWaitKey, parked, signalSent, waitOver, type Parking } from './waits.ts'

const step = (key: string, status: Step['status'] = 'completed'): Step => ({
  key,
  status,
  attempt: 1,
  startedAt: now,
  endedAt: now,
  result: null,
})
const parking = (signals: Parking['signals']): Parking => ({ ms: 5_000, signals, begun: [step('wait:ok')] })
const ok = { name: 'ok', key: 'signal:ok' }
const waiting = aRecord({ status: 'waiting', waitReason: 'signal', lease: null })

const sent = (job: JobRecord, keys: string[] = [], name = 'ok') =>
  signalSent(
    job,
    keys.map((key) => step(key)),
    { name, payload: 1 },
    now,
  )

describe('beginning to wait', () => {
  test('for time alone is a sleep', () => {
    expect(changed(aRecord(), parked(aRecord(), 7, parking([])), now)).toMatchObject({
      status: 'scheduled',
      waitReason: 'delay',
      runAt: now + 5_000,
      hasSteps: true,
    })
  })

  test('for a signal is due when its time is over, and refused once the signal is there', () => {
    const change = parked(aRecord(), 7, parking([ok]))
    expect(change.expect).toEqual({ fence: 7, cancelRequested: false, withoutSteps: ['signal:ok'] })
    expect(changed(aRecord(), change, now)).toMatchObject({
      status: 'waiting',
      waitReason: 'signal',
      runAt: now + 5_000,
    })
  })

  test('charges nothing, nor does a signal that comes in that moment', () => {
    const job = aRecord({ attempt: 3 })
    for (const change of [parked(job, 7, parking([ok])), parked(job, 7, parking([])), cameMeanwhile(job, 7)])
      expect(change.set.attempt).toBe(2)
  })
})

describe('a signal', () => {
  test('wakes the job that waits for it', () => {
    expect(sent(waiting, ['wait:ok'])).toMatchObject({ to: 'pending', steps: [{ key: 'signal:ok', result: 1 }] })
  })

  test.each([
    ['waits for another', waiting, ['wait:other']],
    ['waits for the second of that name', waiting, ['wait:ok#2']],
    ['waits for its parts', { ...waiting, waitReason: 'children' as const }, ['wait:ok']],
    ['runs', aRecord(), ['wait:ok']],
    ['is in its queue', aRecord({ status: 'pending', lease: null }), ['wait:ok']],
  ])('is kept for a job that %s, and leaves it where it is', (_, job, keys) => {
    expect(sent(job, keys)).toMatchObject({
      to: job.status,
      steps: [{ key: 'signal:ok' }],
      event: { type: 'signalled' },
    })
  })

  test.each([
    [[], 'signal:ok'],
    [['signal:ok'], 'signal:ok#2'],
    [['signal:ok', 'signal:other'], 'signal:ok#2'],
    [['signal:ok', 'signal:ok#2'], 'signal:ok#3'],
  ])('after %j is number %s, and expects to be the only one', (keys, key) => {
    expect(sent(aRecord(), keys)).toMatchObject({ expect: { withoutSteps: [key] }, steps: [{ key }] })
  })

  test('is guarded by the lease while the job runs, else by the rev', () => {
    const job = aRecord()
    expect(sent(job)).toMatchObject({ expect: { fence: job.lease?.fence } })
    expect(sent(waiting)).toMatchObject({ expect: { rev: waiting.rev } })
  })

  test('is nothing to a job that has ended, and too much for one that has a hundred', () => {
    expect(sent(aRecord({ status: 'failed', lease: null }))).toBeNull()
    expect(
      sent(
        aRecord(),
        Array.from({ length: 100 }, (_, n) => `signal:x${n}`),
      ),
    ).toBe('full')
  })
})

test('a wait is over only if its signal has not come', () => {
  const change = waitOver(aRecord(), 7, 'ok', step('signal:ok', 'failed'))
  expect(change).toMatchObject({ expect: { fence: 7, withoutSteps: ['signal:ok'] }, to: 'processing' })
})

test('keys of waits are told from those of steps', () => {
  expect(['sleep:a', 'wait:a', 'signal:a', 'a', 'sleeping'].map(isWaitKey)).toEqual([true, true, true, false, false])
})

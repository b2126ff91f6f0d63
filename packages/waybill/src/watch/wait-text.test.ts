import { expect, test } from 'vitest'
import type { JobRecord } from '../job/record.ts'
import { aScene } from './watch.fixture.ts'
import { waitOf, type WaitFacts } from './wait-text.ts'

const now = 1_000_000
const worker = { id: 'w', name: 'w', slots: 1, startedAt: 0, heartbeatAt: 0, expiresAt: 0 }
const facts = (paused: boolean, queues: string[] | null): WaitFacts => ({
  queues: new Map([['videos', { queue: 'videos', paused, oldestPendingAt: null, counts: noCounts }]]),
  workers: queues ? [{ ...worker, queues }] : [],
})
const noCounts = { scheduled: 0, pending: 0, waiting: 0, processing: 0, completed: 0, failed: 0, cancelled: 0 }

async function aRecord(): Promise<JobRecord> {
  const scene = await aScene()
  const [found] = await scene.engine.get([await scene.add({ queue: 'videos' })])
  await scene.close()
  if (!found || !('record' in found)) throw new Error('no record')
  return found.record
}
const base = await aRecord()

test.each<[string, Partial<JobRecord>, WaitFacts | null]>([
  ['Retry 2 of 3 in 41 s', { status: 'scheduled', waitReason: 'retry', fails: 1, runAt: now + 41_000 }, null],
  ['Starts in 2 min', { status: 'scheduled', waitReason: 'delay', runAt: now + 120_000 }, null],
  ['Starts now', { status: 'scheduled', waitReason: 'delay', runAt: now - 5 }, null],
  [
    'Starts in 9 s: the rate limit of queue videos is reached',
    { status: 'scheduled', waitReason: 'rate_limit', runAt: now + 9_000 },
    null,
  ],
  ['Queue videos is paused', { status: 'pending' }, facts(true, ['videos'])],
  ['No worker serves queue videos', { status: 'pending' }, facts(false, ['mail'])],
  ['No worker serves queue videos', { status: 'pending' }, facts(false, null)],
  ['Waiting for a free worker', { status: 'pending' }, facts(false, [])],
  ['As many jobs as may run at once are running', { status: 'pending', waitReason: 'concurrency' }, facts(false, [])],
  ['Retry 3 of 3 now', { status: 'scheduled', waitReason: 'retry', fails: 2, runAt: now }, null],
  ['Waiting for its parts', { status: 'waiting', waitReason: 'children', children: null }, null],
  ['Goes on in 2 min', { status: 'scheduled', waitReason: 'delay', startedAt: now - 5, runAt: now + 120_000 }, null],
  [
    'Waiting for a signal; goes on without it in 3 h',
    { status: 'waiting', waitReason: 'signal', runAt: now + 3 * 3_600_000 },
    null,
  ],
  [
    'Waiting for its parts: 2 of 3 have ended',
    {
      status: 'waiting',
      waitReason: 'children',
      children: { total: 3, completed: 1, failed: 1, cancelled: 0, active: 1 },
    },
    null,
  ],
])('%s', (text, state, known) => {
  expect(waitOf({ ...base, ...state }, now, known).text).toBe(text)
})

test('a job that runs or has ended waits for nothing', () => {
  for (const status of ['processing', 'completed', 'failed', 'cancelled'] as const) {
    expect(waitOf({ ...base, status }, now, null)).toEqual({ reason: null, text: null })
  }
})

test.each([
  [0, 'Next in line'],
  [1, '1 job is before this one'],
  [3, '3 jobs are before this one'],
  [null, 'Waiting for a free worker'],
])('with %s jobs before it: %s', (ahead, text) => {
  const known = facts(false, ['videos'])
  expect(waitOf({ ...base, status: 'pending' }, now, known, ahead)).toEqual({ reason: null, text })
})

test('whatever is before it, a paused queue or one that nobody serves is the reason', () => {
  const pending = { ...base, status: 'pending' as const }
  expect(waitOf(pending, now, facts(true, ['videos']), 3).text).toBe('Queue videos is paused')
  expect(waitOf(pending, now, facts(false, null), 0).text).toBe('No worker serves queue videos')
})

test.each([
  [1, 1, 'none of 1 has ended'],
  [3, 3, 'none of 3 has ended'],
  [3, 2, '1 of 3 has ended'],
  [3, 0, '3 of 3 have ended'],
])('of %s parts, %s still active: %s', (total, active, text) => {
  const children = { total, active, completed: total - active, failed: 0, cancelled: 0 }
  const waiting = { ...base, status: 'waiting' as const, waitReason: 'children' as const, children }
  expect(waitOf(waiting, now, null).text).toBe(`Waiting for its parts: ${text}`)
})

// The JSON that is written by hand says what the view says.
import { expect, test } from 'vitest'
import { aRecord } from '../job/record.fixture.ts'
import { liveMembers, staticView } from '../wire/job-view.ts'
import { Entry, noWait, type Wait } from './entry.ts'

const now = 1_000_000
const estimate = { progress: 0.25, ends_at: '2026-11-24T12:00:00.000Z', duration_ms: 30_000, samples: 50 }

test.each<[string, Wait]>([
  ['nothing to say', noWait],
  ['a reason, a sentence and a place', { ...noWait, reason: 'paused', text: 'Queue "q" is paused', position: 3 }],
  ['an estimate', { ...noWait, estimate }],
  ['an estimate without an end', { ...noWait, estimate: { ...estimate, ends_at: null } }],
])('%s', (_, wait) => {
  const record = aRecord({ status: 'processing', startedAt: now - 5_000 })
  const view = { ...staticView(record, '/api/v1'), ...liveMembers(record, now, wait) }
  expect(JSON.parse(new Entry(record, '/api/v1').json(now, wait))).toEqual(JSON.parse(JSON.stringify(view)))
})

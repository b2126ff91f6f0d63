// What the accelerator keeps of a job is the whole of it, and nothing unsound comes back.
import { expect, test } from 'vitest'
import { defaultPolicy } from '../job/policy.ts'
import { aRecord } from '../job/record.fixture.ts'
import type { JobRecord } from '../job/record.ts'
import { decode, encode } from './codec.ts'

const kept = (record: JobRecord) => ({ seenAt: 1_767_225_600_000, store: 's', record })
const text = (record: JobRecord) => encode(kept(record)) ?? ''

test.each<[string, JobRecord]>([
  ['of a running job', aRecord()],
  ['of one with a policy of its own', aRecord({ policy: { ...defaultPolicy, timeoutMs: 5, startWithinMs: 9 } })],
  ['of one that may lose no worker', aRecord({ policy: { ...defaultPolicy, maxLosses: 0 } })],
  [
    'of an ended one',
    aRecord({ status: 'completed', lease: null, result: { a: [1, null] }, completedAt: 1_767_225_600_001 }),
  ],
])('the record %s comes back as it was', (_, record) => {
  expect(decode(text(record))).toEqual(kept(record))
})

test('times and members can be read by people', () => {
  expect(JSON.parse(text(aRecord({ userId: 'ada' })))).toMatchObject({
    seen_at: '2026-01-01T00:00:00.000Z',
    job_id: 'j',
    user_id: 'ada',
    policy: null,
  })
})

test('what is torn, or not sound, is as if it were not there', () => {
  const sound = text(aRecord())
  expect(decode(sound.slice(0, -1))).toBeNull()
  expect(decode(sound.replace('"rev":2', '"rev":"2"'))).toBeNull()
  expect(decode(sound.replace('"policy":null', '"policy":{"timeout_ms":1}'))).toBeNull()
})

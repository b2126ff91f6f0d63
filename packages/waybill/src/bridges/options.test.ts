// What bridges refuse, and how a job reads in a team's words.
import { expect, test } from 'vitest'
import { createWaybill } from '../index.ts'
import { aLease, aRecord } from '../job/record.fixture.ts'
import { silentLogger } from '../lib/log.ts'
import { dialect, list, statusHash, statusJson, statusLegacy } from './index.ts'
import { Keys } from './keys.ts'
import { messageOf } from './message.ts'
import { Wording } from './wording.ts'

test.each([
  ['an unknown option', () => statusHash(JSON.parse('{"tll":"1h"}')), 'Did you mean "ttl"'],
  ['an unknown member', () => statusHash(JSON.parse('{"fields":{"eror_message":"error"}}')), 'error_message'],
  ['an unknown status', () => statusLegacy(JSON.parse('{"status":{"done":"ok"}}')), 'there is no "done"'],
  ['a key without an id', () => statusJson({ key: 'job_status' }), '{job_id} once'],
  ['a duration that is none', () => statusHash({ ttl: 'soon' }), 'expected a duration'],
  ['a list without a name', () => list({ key: '', queues: ['a'] }), 'the name of a list'],
  ['a list of whose jobs', () => list({ key: 'jobs' }), 'say whose jobs'],
  ['a queue of no name', () => list({ key: 'jobs', queues: [] }), 'expected names'],
  ['a reply to nowhere', () => list({ key: 'jobs', queues: ['a'], reply: { url: 'host' } }), 'the address of the API'],
  ['a method that is none', () => dialect({ paths: { 'LOOK /a/{id}': {} } }), 'GET /api/jobs/{job_id}'],
  [
    'a subject that the path does not name',
    () => dialect({ paths: { '/a/{id}': { subject: 'b:{c}' } } }),
    'no parameter {c}',
  ],
])('%s is refused', (_, make, words) => {
  expect(make).toThrow(words)
})

test.each([
  ['without a Redis', [statusHash()], 'needs a Redis'],
  ['twice the same', [statusHash({ redis: 'redis://a' }), statusHash({ redis: 'redis://a' })], 'there are two of'],
  ['something else', JSON.parse('[{}]'), 'expected what statusHash()'],
])('bridges %s are refused when the store is opened', async (_, bridges, words) => {
  const waybill = createWaybill({ engine: 'sqlite::memory:', bridges, logger: silentLogger })
  await expect(waybill.parts()).rejects.toThrow(words)
  await waybill.close()
})

test('a message leaves empty fields out, and the id is always the job’s', () => {
  const input = { job_id: 'other', a: null, b: false, c: '', d: [], e: {}, zero: 0, text: 'x', fields: ['a'] }
  expect(messageOf('j', input)).toBe('{"job_id":"j","zero":0,"text":"x","fields":["a"]}')
  expect(messageOf('j', 'text')).toBe('{"job_id":"j","input":"text"}')
})

test('a key of a template is read back', () => {
  const keys = new Keys('app:{queue}:job:{job_id}', 'test')
  expect(keys.of({ id: 'j', queue: 'q' })).toBe('app:q:job:j')
  expect(keys.pattern).toBe('app:*:job:*')
  expect(new Keys('job:{job_id}:x', 'test').idIn('job:j:x')).toBe('j')
  expect(new Keys('job:{job_id}', 'test').idIn('other:j')).toBeNull()
})

test('members go before fields of the result that have their names; lists are one field', () => {
  const wording = new Wording({}, 'test')
  const done = aRecord({ status: 'completed', result: { status: 'x', url: '/a', waybill_rev: 9, none: null } })
  expect([...wording.results(done)]).toEqual([['url', '/a']])
  expect([...wording.results(aRecord({ status: 'completed', result: [1] }))]).toEqual([['result', [1]]])
  expect([...new Wording({ result: 'nested' }, 'test').results(done)][0]?.[0]).toBe('result')
})

test('a job that was leased in passing reads as pending until it is heard of', () => {
  const snatched = aRecord({ lease: aLease({ workerId: 'foreign:a', held: true }), startedAt: 1 })
  const fields = new Wording({}, 'test').fields(snatched)
  expect([fields.get('status'), fields.get('started_at')]).toEqual(['pending', undefined])
})

test('words mean the same in both directions, and their own names besides', () => {
  const wording = new Wording({ status: { processing: 'IN_PROGRESS' }, progress: 'percent' }, 'test')
  expect(['IN_PROGRESS', 'processing', 'thinking'].map((word) => wording.statusOf(word))).toEqual([
    'processing',
    'processing',
    null,
  ])
  expect(['40', '140', '', 'x'].map((text) => wording.fraction(text))).toEqual([0.4, 1, null, null])
})

test('a word that several have is that of its own name', () => {
  const four = new Wording({ status: { scheduled: 'pending', waiting: 'processing', cancelled: 'failed' } }, 'test')
  for (const status of ['pending', 'processing', 'completed', 'failed'] as const)
    expect(four.statusOf(status)).toBe(status)
  expect(four.word('cancelled')).toBe('failed')
})

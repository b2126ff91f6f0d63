// The checker has teeth of its own: each sound history passes, and each single lie in it is named.
import { describe, expect, test } from 'vitest'
import type { JobRecord } from '../../job/record.ts'
import type { TimelineEntry } from '../../job/timeline.ts'
import { regressions, violations } from './invariants.ts'
import { aJob, oops } from './subject.ts'

const claimed = (fence: number, attempt = 1) => ({ attempt, fence, worker_id: 'w' })

function story(...entries: [TimelineEntry['type'], TimelineEntry['data']?][]): TimelineEntry[] {
  return entries.map(([type, data = {}], i) => ({ seq: i + 1, at: i, type, data }))
}

function job(members: Partial<JobRecord> = {}): JobRecord {
  return {
    ...aJob({ id: 'j' }).spec,
    createdAt: 0,
    rev: 3,
    status: 'completed',
    waitReason: null,
    fence: 1,
    attempt: 1,
    fails: 0,
    losses: 0,
    runAt: 0,
    startedAt: 1,
    updatedAt: 2,
    completedAt: 2,
    expiresAt: 3,
    progress: 1,
    progressMessage: null,
    stage: null,
    counts: null,
    cancelRequestedAt: null,
    cancelReason: null,
    cancelBy: null,
    result: null,
    error: null,
    children: null,
    hasSteps: false,
    lease: null,
    ...members,
  }
}

const done = story(['created'], ['claimed', claimed(1)], ['completed'])
const alive = { completedAt: null, expiresAt: null, progress: null }
const lease = { workerId: 'w', fence: 1, startedAt: 1, expiresAt: 9, heartbeatAt: 1, held: false }

describe('a sound history has no violation', () => {
  test.each<[string, JobRecord, TimelineEntry[]]>([
    ['claimed and completed', job(), done],
    ['just made', job({ ...alive, rev: 1, status: 'pending', fence: 0, attempt: 0 }), story(['created'])],
    [
      'failed, retried by hand, completed',
      job({ rev: 6, fence: 2 }),
      story(
        ['created'],
        ['claimed', claimed(1)],
        ['failed', { error: null }],
        ['retried'],
        ['claimed', claimed(2)],
        ['completed'],
      ),
    ],
    [
      'given back for later, and lost at once',
      job({ ...alive, rev: 6, fence: 2, attempt: 1, losses: 1, status: 'pending' }),
      story(
        ['created'],
        ['claimed', claimed(1)],
        ['released'],
        ['due'],
        ['claimed', claimed(2)],
        ['lost', { delay_ms: 0 }],
      ),
    ],
  ])('%s', (_, record, timeline) => {
    expect(violations(record, timeline)).toEqual([])
  })
})

describe('a lie is named', () => {
  test.each<[string, JobRecord, TimelineEntry[], string]>([
    ['an entry is missing', job(), done.slice(0, 2), 'the history leads to processing'],
    ['the beginning is missing', job(), done.slice(1), 'does not begin'],
    ['a rev comes twice', job(), done.map((entry) => ({ ...entry, seq: 1 })), 'revs do not rise'],
    ['the job is behind its history', job({ rev: 2 }), done, 'older than its last entry'],
    [
      'two ends',
      job({ rev: 4 }),
      [...done, ...story(['created'], ['due'], ['due'], ['failed']).slice(3)],
      'cannot follow',
    ],
    [
      'two claims at once',
      job({ rev: 4, fence: 2 }),
      story(['created'], ['claimed', claimed(1)], ['claimed', claimed(2)], ['completed']),
      'cannot follow',
    ],
    [
      'a fence that falls',
      job({ rev: 5, fence: 1 }),
      story(['created'], ['claimed', claimed(2)], ['released'], ['claimed', claimed(1)], ['completed']),
      'fences do not rise',
    ],
    ['a loss that is not counted', job({ losses: 1 }), done, 'losses in the history'],
    ['a fail that is counted', job({ fails: 1 }), done, 'fails told of'],
    ['an attempt too many', job({ attempt: 2 }), done, 'attempts charged'],
    ['completed short of 1', job({ progress: 0.9 }), done, 'completed at 0.9'],
    ['an end with a lease', job({ lease }), done, 'with a lease'],
    ['an end without its time', job({ completedAt: null }), done, 'completedAt null'],
  ])('%s', (_, record, timeline, words) => {
    expect(violations(record, timeline).join('\n')).toContain(words)
  })
})

describe('between two looks', () => {
  const running = job({ ...alive, status: 'processing', rev: 4, progress: 0.5, lease })
  test.each<[string, JobRecord, JobRecord, string]>([
    ['the rev may not fall', running, { ...running, rev: 3 }, 'rev fell'],
    ['one rev shows one state', running, { ...running, stage: 'x' }, 'shows two different states'],
    ['the fence may not fall', running, { ...running, rev: 5, fence: 0 }, 'fence fell'],
    ['progress may not fall', running, { ...running, rev: 5, progress: 0.4 }, 'progress fell'],
    ['an end stays an end', job(), job({ status: 'failed', error: oops }), 'an end state was left'],
  ])('%s', (_, before, after, words) => {
    expect(regressions(before, after).join('\n')).toContain(words)
  })

  test('a renewed lease and a new attempt are nothing bad', () => {
    expect(regressions(running, { ...running, lease: { ...lease, expiresAt: 99 } })).toEqual([])
    expect(regressions(running, { ...running, rev: 6, fence: 2, progress: null })).toEqual([])
  })
})

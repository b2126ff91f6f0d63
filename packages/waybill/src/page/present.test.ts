// What is shown of a job, as a table.
import { describe, expect, test } from 'vitest'
import { WaybillClientError, type Job } from '../client/index.ts'
import { present, type Presentation } from './present.ts'
import { nothing, unheard, type Snapshot } from './snapshot.ts'
import { aJob, now } from './page.fixture.ts'

type Row = [name: string, job: Partial<Job>, shown: Partial<Presentation>]

const at = (ms: number) => new Date(now + ms).toISOString()

const rows: Row[] = [
  [
    'waiting says why',
    { waitText: 'No worker serves queue q' },
    { state: 'waiting', text: 'No worker serves queue q' },
  ],
  ['waiting without a reason', {}, { state: 'waiting', text: 'Waiting', percent: null }],
  [
    'waiting for parts keeps its bar',
    { status: 'waiting', progress: 0.5, waitText: 'Waiting for its parts: 1 of 2 parts have ended' },
    { state: 'waiting', percent: 50 },
  ],
  [
    'a delay counts down by itself',
    { status: 'scheduled', waitReason: 'delay', runAt: at(41_000), waitText: 'Starts in 90 s' },
    { state: 'waiting', text: 'Starts in 41 s', ticks: true },
  ],
  [
    'a rate limit is said in the server’s words',
    { status: 'scheduled', waitReason: 'rate_limit', waitText: 'Starts in 3 s: the rate limit of queue q is reached' },
    { state: 'waiting', text: 'Starts in 3 s: the rate limit of queue q is reached' },
  ],
  [
    'a retry counts down and says which attempt it was',
    { status: 'scheduled', waitReason: 'retry', runAt: at(180_000), attempt: 1, maxAttempts: 3, progress: 0.3 },
    {
      state: 'retrying',
      text: 'Trying again in 3 min',
      detail: 'Attempt 1 of 3 did not succeed',
      percent: 30,
      ticks: true,
    },
  ],
  [
    'a retry that is due',
    { status: 'scheduled', waitReason: 'retry', runAt: at(-5) },
    { state: 'retrying', text: 'Trying again now' },
  ],
  [
    'running without any word',
    { status: 'processing' },
    { state: 'running', text: 'Running', percent: null, detail: null },
  ],
  [
    'running with message and counts',
    {
      status: 'processing',
      progress: 0.6,
      progressMessage: 'Page 3',
      stage: 'EXTRACTING',
      counts: { done: 2, total: 3, unit: 'page' },
    },
    { text: 'Page 3', percent: 60, detail: 'page 2 of 3', ticks: false },
  ],
  ['the stage, when there is no message', { status: 'processing', stage: 'EXTRACTING' }, { text: 'EXTRACTING' }],
  ['a later attempt is said', { status: 'processing', attempt: 2, maxAttempts: 3 }, { detail: 'attempt 2 of 3' }],
  ['never 100 before the end', { status: 'processing', progress: 1 }, { percent: 99 }],
  ['rounded down, but not by floating point', { status: 'processing', progress: 0.29 }, { percent: 29 }],
  [
    'a running job that was asked to stop',
    { status: 'processing', progressMessage: 'x', cancelRequestedAt: at(0) },
    { state: 'running', text: 'Stopping …' },
  ],
  [
    'done',
    { status: 'completed', progress: 1, durationMs: 12_000 },
    { state: 'done', percent: 100, detail: 'took 12 s' },
  ],
  [
    'failed says the owner’s message, its reference, and where the bar stood',
    {
      status: 'failed',
      progress: 0.4,
      error: { code: 'x', message: 'The file is broken.', retryable: false, ref: 'err_1' },
    },
    { state: 'failed', text: 'The file is broken.', detail: 'Reference err_1', percent: 40 },
  ],
  [
    'cancelled says by what reason',
    { status: 'cancelled', cancelReason: 'not needed' },
    { state: 'cancelled', text: 'Cancelled', detail: 'not needed' },
  ],
]

const live = (job: Job | null): Snapshot<Job | null> => ({ value: job, connection: 'live', error: null })

test.each(rows)('%s', (_, job, shown) => {
  expect(present(live(aJob(job)), now)).toMatchObject({ lost: false, ...shown })
})

describe('an estimate', () => {
  const estimated = (estimate: object, more: Partial<Job> = {}) =>
    present(live(Object.assign(aJob({ status: 'processing', ...more }), { estimate })), now)

  test('makes a bar of a job that reports none, and says what is left', () => {
    const shown = estimated({ progress: 0.5, endsAt: at(12_000), durationMs: 30_000, samples: 9 })
    expect(shown).toMatchObject({ percent: 60, detail: 'about 12 s left', ticks: true })
  })

  test('does not overrule what the job reports', () => {
    const shown = estimated({ progress: 0.5, endsAt: at(12_000), durationMs: 30_000 }, { progress: 0.2 })
    expect(shown).toMatchObject({ percent: 20, detail: 'about 12 s left' })
  })

  test('whose time is up says nothing, and so does one that is none', () => {
    expect(estimated({ progress: 0.9, endsAt: at(-1), durationMs: 30_000 })).toMatchObject({
      percent: null,
      detail: null,
    })
    expect(estimated({})).toMatchObject({ percent: null, detail: null, ticks: false })
  })
})

describe('the connection', () => {
  const error = (code: string, status: number) => new WaybillClientError(code, status, `${code} it is`)

  test('lost: the last state stays, and it is said', () => {
    const job = aJob({ status: 'processing', progress: 0.6, progressMessage: 'Page 3' })
    const shown = present({ value: job, connection: 'offline', error: null }, now)
    expect(shown).toMatchObject({ state: 'running', percent: 60, text: 'Page 3', lost: true })
    expect(shown.detail).toBe('Connection lost, trying again')
  })

  test('not made yet: it is loading; of no job nothing is said', () => {
    expect(present(unheard, now)).toMatchObject({ state: 'connecting', text: 'Loading …', lost: false })
    expect(present(nothing, now)).toMatchObject({ state: 'idle', text: '' })
  })

  test('refused: says so; what was seen before stays', () => {
    const refused = { connection: 'unauthorized', error: error('token_expired', 401) } as const
    expect(present({ value: null, ...refused }, now)).toMatchObject({ state: 'refused', lost: false })
    const seen = present({ value: aJob({ status: 'processing' }), ...refused }, now)
    expect(seen).toMatchObject({ state: 'running', lost: true, detail: 'No longer allowed to watch' })
  })

  test.each([
    ['not_found', 404, 'There is no such job', null],
    ['job_expired', 410, 'This job is no longer kept', null],
    ['http_404', 404, 'Not available', 'http_404 it is'],
  ])('%s: says that nothing can be known', (code, status, text, detail) => {
    const shown = present({ value: null, connection: 'idle', error: error(code, status) }, now)
    expect(shown).toMatchObject({ state: 'missing', text, detail })
  })
})

// The small rules beside the decider: retries, progress, errors, attempts, definitions.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { defineJob } from './definition.ts'
import { NonRetryableError, toJobError, UserError } from './errors.ts'
import { backoff, defaultPolicy, toPriority } from './policy.ts'
import { clampProgress, mergeNotes, notedState } from './progress.ts'
import { attemptsOf, type TimelineEntry } from './timeline.ts'

describe('backoff', () => {
  test('grows by the factor and stops at the longest wait', () => {
    const waits = [1, 2, 3, 20].map((retry) => backoff(defaultPolicy.retry, retry, () => 0.5))
    expect(waits).toEqual([60_000, 120_000, 240_000, 3_600_000])
  })

  test('chance adds or takes at most its share', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 30 }), fc.double({ min: 0, max: 0.999, noNaN: true }), (retry, chance) => {
        const plain = backoff(defaultPolicy.retry, retry, () => 0.5)
        const spread = backoff(defaultPolicy.retry, retry, () => chance)
        expect(Math.abs(spread - plain)).toBeLessThanOrEqual(plain * 0.2 + 1)
      }),
    )
  })
})

test('a word that every object knows is no priority', () => {
  expect(['constructor', 'toString', '__proto__', 'hasOwnProperty'].map(toPriority)).toEqual([null, null, null, null])
})

test('priorities are 0 to 10, or high, default, low', () => {
  expect(['high', 'default', 'low', 0, 10, 11, 2.5, 'urgent', null].map(toPriority)).toEqual([
    10,
    5,
    1,
    0,
    10,
    null,
    null,
    null,
    null,
  ])
})

describe('progress', () => {
  test('is brought into 0 to 1, and never falls', () => {
    expect([-1, 0.3, 7, Number.NaN, null].map(clampProgress)).toEqual([0, 0.3, 1, null, null])
    const state = { progress: 0.6, progressMessage: null, stage: null, counts: null }
    expect(notedState(state, { progress: 0.2 })).toEqual({})
    expect(notedState(state, { progress: 0.8, stage: 'x' })).toEqual({ progress: 0.8, stage: 'x' })
  })

  test('of two notes the later wins, member by member', () => {
    expect(mergeNotes({ progress: 0.5, progressMessage: 'a' }, { progress: 0.4, stage: 's' })).toEqual({
      progress: 0.5,
      progressMessage: 'a',
      stage: 's',
    })
  })
})

describe('errors', () => {
  test('only the text of a UserError reaches an owner, without control characters', () => {
    const shown = toJobError(new UserError('empty', 'No\u0007 pages\u001b[31m.'), 'err_1')
    expect(shown).toMatchObject({ code: 'empty', message: 'No  pages [31m.', retryable: false, ref: 'err_1' })
    const hidden = toJobError(new Error('password is hunter2', { cause: new Error('deep') }), 'err_2')
    expect(hidden).toMatchObject({ code: 'job_error', message: 'The job failed.', retryable: true })
    expect(hidden.internal).toMatchObject({ message: 'password is hunter2', cause: 'Error: deep' })
  })

  test('a NonRetryableError is not retried, and things that are no errors are told as well as can be', () => {
    expect(toJobError(new NonRetryableError('no'), 'e').retryable).toBe(false)
    expect(toJobError({ odd: 1 }, 'e').internal?.message).toBe('{"odd":1}')
    expect(toJobError(undefined, 'e').code).toBe('job_error')
  })
})

test('attempts follow from the history: each claim opens one, the next closing entry ends it', () => {
  const at = (seq: number, type: TimelineEntry['type'], data: TimelineEntry['data'] = {}): TimelineEntry => ({
    seq,
    at: seq * 10,
    type,
    data,
  })
  const claimed = (seq: number, fence: number) => at(seq, 'claimed', { attempt: 1, fence, worker_id: 'w' })
  const story = [
    at(1, 'created'),
    claimed(2, 1),
    at(3, 'released'),
    claimed(4, 2),
    at(5, 'cancel_requested'),
    at(6, 'lost'),
    claimed(7, 3),
    at(8, 'retry_scheduled', { timed_out: true, error: { code: 'timeout' } }),
    at(9, 'due'),
    claimed(10, 4),
  ]
  expect(attemptsOf(story).map(({ fence, status, endedAt }) => [fence, status, endedAt])).toEqual([
    [1, 'released', 30],
    [2, 'lost', 60],
    [3, 'timed_out', 80],
    [4, 'running', null],
  ])
})

describe('defineJob refuses', () => {
  const run = () => null
  test.each([
    [{ type: 'a b', run }, 'a type has'],
    [{ type: 'a', run, priorty: 3 }, 'Did you mean "priority"?'],
    [{ type: 'a', run, retry: { atempts: 1 } }, 'Did you mean "attempts"?'],
    [{ type: 'a', run, priority: 11 }, 'priority is 0–10'],
    [{ type: 'a', run, timeout: '1s', softTimeout: '2s' }, 'must be shorter'],
    [{ type: 'a', run, timeout: 'soon' }, 'expected a duration'],
    [{ type: 'a', run, timeout: -5 }, 'expected a duration'],
    [{ type: 'a', run, timeout: 0 }, 'timeout is at least 1 ms'],
    [{ type: 'a', run, retry: { attempts: 0 } }, 'retry.attempts is 1–100'],
    [{ type: 'a', run, retry: { backoff: '2h', maxBackoff: '1h' } }, 'must not be longer than retry.maxBackoff'],
    [{ type: 'a', run, input: {} }, 'input: expected a Standard Schema'],
    [{ type: 'a', run, output: 'text' }, 'output: expected a Standard Schema'],
    [{ type: 'a', run, concurrency: 3 }, 'not supported in this version'],
    [{ type: 'a', run: undefined }, 'run must be a function'],
  ])('%j: %s', (options, sentence) => {
    expect(() => void Reflect.apply(defineJob, null, [options])).toThrow(sentence)
  })

  test('and takes what is right, with its defaults', () => {
    expect(defineJob({ type: 'a', run, timeout: '1m' })).toMatchObject({
      queue: 'default',
      priority: 5,
      policy: { timeoutMs: 60_000, softTimeoutMs: 50_000 },
    })
  })
})

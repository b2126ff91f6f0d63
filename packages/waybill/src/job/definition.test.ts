// defineJob: each option is kept as it was meant, up to the very edge of its range, and refused one step beyond.
import { describe, expect, test } from 'vitest'
import { defineJob, type JobOptions } from './definition.ts'
import type { StandardSchema } from './standard-schema.ts'

const anything: StandardSchema<unknown, unknown> = {
  '~standard': { version: 1, vendor: 'test', validate: (value) => ({ value }) },
}
const run = () => 'done'
const define = (options: Partial<JobOptions<unknown, unknown>>) => defineJob({ type: 'demo', run, ...options })

test('with nothing but a type and a handler, nothing is said of the policy: the settings decide', () => {
  expect(define({})).toMatchObject({
    type: 'demo',
    queue: 'default',
    priority: 5,
    input: null,
    output: null,
    policy: { retry: {} },
  })
  expect(Object.keys(define({}).policy)).toEqual(['retry'])
})

test('every option is kept, in milliseconds where it is a duration', () => {
  const retry = { attempts: 7, backoff: '2s', factor: 1.5, maxBackoff: '1m', jitter: 0 }
  const times = { timeout: '10m', softTimeout: '9m', retention: '2d' }
  const made = define({ queue: 'q', priority: 'high', input: anything, output: anything, retry, ...times })
  expect(made).toMatchObject({ queue: 'q', priority: 10, input: anything, output: anything })
  expect(made.policy).toEqual({
    timeoutMs: 600_000,
    softTimeoutMs: 540_000,
    retentionMs: 172_800_000,
    retry: { maxAttempts: 7, backoffMs: 2_000, factor: 1.5, maxMs: 60_000, jitter: 0 },
  })
})

test('the soft limit is five sixths of the hard one, unless it is said', () => {
  expect(define({ timeout: 6_000 }).policy).toMatchObject({ softTimeoutMs: 5_000 })
  expect(define({ softTimeout: 6_000 }).policy).toEqual({ softTimeoutMs: 6_000, retry: {} })
})

describe('the edges of each range', () => {
  const right: Partial<JobOptions<unknown, unknown>>[] = [
    { retry: { attempts: 1 } },
    { retry: { attempts: 100 } },
    { retry: { factor: 1 } },
    { retry: { factor: 100 } },
    { retry: { jitter: 0 } },
    { retry: { jitter: 1 } },
    { retry: { backoff: 0 } },
    { retry: { backoff: '1h', maxBackoff: '1h' } },
    { priority: 0 },
    { priority: 10 },
    { timeout: 1 },
    { retention: 0 },
    { queue: `q${'x'.repeat(99)}` },
  ]
  test.each(right)('%j is taken', (options) => {
    expect(() => define(options)).not.toThrow()
  })

  const wrong: [Partial<JobOptions<unknown, unknown>>, string][] = [
    [{ retry: { attempts: 101 } }, 'retry.attempts is 1–100'],
    [{ retry: { attempts: 1.5 } }, 'retry.attempts is 1–100'],
    [{ retry: { factor: 0.9 } }, 'retry.factor is 1–100'],
    [{ retry: { factor: 101 } }, 'retry.factor is 1–100'],
    [{ retry: { factor: Number.NaN } }, 'retry.factor is 1–100'],
    [{ retry: { jitter: 1.1 } }, 'retry.jitter is 0–1'],
    [{ retry: { jitter: -0.1 } }, 'retry.jitter is 0–1'],
    [{ retry: { backoff: 'soon' } }, 'retry.backoff: expected a duration'],
    [{ retry: { maxBackoff: -1 } }, 'retry.maxBackoff: expected a duration'],
    [{ priority: -1 }, 'priority is 0–10'],
    [{ priority: 'urgent' }, 'got "urgent"'],
    [{ timeout: 0 }, 'timeout is at least 1 ms'],
    [{ timeout: '1m', stallTimeout: '1m' }, 'stallTimeout (60000 ms) must be shorter than timeout (60000 ms)'],
    [{ stallTimeout: '100ms' }, 'stallTimeout is at least 250 ms, got 100'],
    [{ timeout: '1m', softTimeout: '1m' }, 'must be shorter than timeout (60000 ms)'],
    [{ retention: 'for ever' }, 'retention: expected a duration'],
    [{ queue: '' }, 'a queue has 1–100 letters'],
    [{ queue: 'x'.repeat(101) }, 'a queue has 1–100 letters'],
    [{ type: '' }, 'a type has 1–100 letters'],
    [{ type: '-x' }, 'a type has 1–100 letters'],
  ]
  test.each(wrong)('%j is refused, by the name of the job: %s', (options, sentence) => {
    expect(() => define(options)).toThrow(sentence)
    expect(() => define(options)).toThrow(`defineJob("${options.type ?? 'demo'}")`)
  })
})

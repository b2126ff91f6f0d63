// What an owner may read of an error, and what callers are told: no inside ever leaks, nothing thrown is too odd to keep.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { callerErrors, systemError, toJobError, UserError, WaybillError, type SystemErrorCode } from './errors.ts'

describe('what a handler throws', () => {
  test('nothing of it reaches the owner, unless it is a UserError', () => {
    fc.assert(
      fc.property(fc.anything(), (thrown) => {
        const { code, message } = toJobError(thrown, 'err_1')
        expect([code, message]).toEqual(['job_error', 'The job failed.'])
      }),
    )
  })

  test.each([
    ['a bigint', 1n],
    ['an object that contains itself', Object.assign([], { self: null }, [[]])],
    ['a symbol', Symbol('s')],
    ['nothing', undefined],
    ['an object that will not be JSON', { toJSON: () => fail() }],
  ])('%s is kept as well as can be', (_, thrown) => {
    expect(toJobError(thrown, 'err_1').internal?.message).toBeTypeOf('string')
  })

  test('a circle is kept as well as can be', () => {
    const circle: { self?: unknown } = {}
    circle.self = circle
    expect(toJobError(circle, 'e').internal?.message).toContain('JSON cannot carry')
    expect(toJobError(new Error('x', { cause: circle }), 'e').internal?.cause).toContain('JSON cannot carry')
  })

  test('an error whose message, name or code is no text is kept as well as can be', () => {
    const odd = { message: { a: 1 }, name: 7, stack: ['x'], code: 404 }
    const hidden = toJobError(Object.assign(new Error('m'), odd), 'e')
    expect(hidden.internal).toEqual({ name: '7', message: '{"a":1}', stack: '["x"]', cause: null })
    expect(toJobError(Object.assign(new UserError('c', 'm'), odd), 'e')).toMatchObject({
      code: '404',
      message: '{"a":1}',
    })
  })

  test('a text that is cut inside an emoji, or holds half of one, stays sound text', () => {
    const { code, message, internal } = toJobError(new UserError('c\ud83d', `${'x'.repeat(1_999)}🚚`), 'e')
    expect([code, message, internal?.message].every((text) => text?.isWellFormed())).toBe(true)
  })

  test('what is thrown without being an error is cut too, and an error says its name', () => {
    expect(toJobError('x'.repeat(9_000), 'e').internal).toEqual({
      name: 'Thrown',
      message: 'x'.repeat(2_000),
      stack: null,
      cause: null,
    })
    expect(toJobError(new UserError('c'.repeat(101), 'm'), 'e')).toMatchObject({
      code: 'c'.repeat(100),
      internal: { name: 'UserError', cause: null },
    })
  })

  test('long texts are cut: what the owner sees, and what the operator sees', () => {
    const long = 'x'.repeat(100_000)
    const shown = toJobError(new UserError('long', long, { cause: new Error(long) }), 'e')
    expect(shown.message.length).toBeLessThanOrEqual(2_000)
    expect(shown.internal?.message.length).toBeLessThanOrEqual(2_000)
    expect(shown.internal?.cause?.length).toBeLessThanOrEqual(2_000)
    expect(shown.internal?.stack?.length).toBeLessThanOrEqual(8_000)
  })

  test('control characters do not reach the owner; line breaks, tabs and other scripts do', () => {
    const odd = `a\u0000b\u0007c\u001b[31md\u009be\u007ff\r`
    expect(toJobError(new UserError('c', odd), 'e').message).toBe('a b c [31md e f ')
    const fine = 'zwei\n\tZeilen: 你好, Ünï, 🚚'
    expect(toJobError(new UserError('c', fine), 'e').message).toBe(fine)
  })

  test('a UserError is retried only where it says so', () => {
    expect(toJobError(new UserError('c', 'm'), 'e').retryable).toBe(false)
    expect(toJobError(new UserError('c', 'm', { retryable: true }), 'e').retryable).toBe(true)
  })
})

test.each<[SystemErrorCode, boolean]>([
  ['timeout', true],
  ['job_error', true],
  ['worker_crashed', false],
  ['expired', false],
  ['cancelled', false],
  ['invalid_input', false],
  ['result_too_large', false],
  ['child_failed', false],
])('the system error %s may be retried: %s; its detail is for operators alone', (code, retryable) => {
  const error = systemError(code, 'err_1', 'the inside')
  expect(error).toMatchObject({ code, retryable, ref: 'err_1', internal: { message: 'the inside' } })
  expect(error.message).not.toContain('inside')
  expect(systemError(code, 'err_1').internal).toBeNull()
})

test('a WaybillError carries the HTTP status of its code', () => {
  const cause = new Error('why')
  expect(new WaybillError('queue_full', 'm', { retryAfter: 2, cause })).toMatchObject({
    name: 'WaybillError',
    code: 'queue_full',
    message: 'm',
    status: 503,
    retryAfter: 2,
    errors: [],
    cause,
  })
  expect(Object.hasOwn(new WaybillError('not_found', 'm'), 'cause')).toBe(false)
  expect(Object.values(callerErrors).every((status) => status >= 400 && status < 600)).toBe(true)
})

function fail(): never {
  throw new Error('no')
}

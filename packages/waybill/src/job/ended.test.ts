// What waiting for a result throws: each says which job, and why as far as that is known.
import { expect, test } from 'vitest'
import { JobCancelled, JobFailed, WaitTimeout } from './ended.ts'
import { systemError } from './errors.ts'

test('a failed job: with its error, or without one', () => {
  const error = systemError('timeout', 'err_1')
  expect(new JobFailed('j', error)).toMatchObject({
    name: 'JobFailed',
    jobId: 'j',
    error,
    message: 'job j failed: The job took too long and was stopped.',
  })
  expect(new JobFailed('j', null).message).toBe('job j failed: no reason is known')
})

test('a cancelled job: with its reason, or without one', () => {
  expect(new JobCancelled('j', 'enough')).toMatchObject({
    name: 'JobCancelled',
    jobId: 'j',
    message: 'job j was cancelled: enough',
  })
  expect(new JobCancelled('j', null).message).toBe('job j was cancelled')
})

test('a wait that is over: the job goes on', () => {
  expect(new WaitTimeout('j', 500)).toMatchObject({
    name: 'WaitTimeout',
    jobId: 'j',
    message: 'job j has not ended within 500 ms; it goes on',
  })
})

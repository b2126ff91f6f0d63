// Attempts, as the history tells them: how each kind of end reads.
import { expect, test } from 'vitest'
import { systemError } from './errors.ts'
import { attemptsOf, errorData, type AttemptStatus, type TimelineEntry } from './timeline.ts'

const entry = (type: TimelineEntry['type'], data: TimelineEntry['data'] = {}, seq = 3): TimelineEntry => ({
  seq,
  at: seq * 10,
  type,
  data,
})
const claimed = entry('claimed', { attempt: 1, fence: 4, worker_id: 'w' }, 2)

test.each<[AttemptStatus, TimelineEntry]>([
  ['completed', entry('completed')],
  ['failed', entry('failed')],
  ['failed', entry('retry_scheduled')],
  ['timed_out', entry('failed', { timed_out: true })],
  ['timed_out', entry('retry_scheduled', { timed_out: true })],
  ['lost', entry('lost', { losses: 1 })],
  ['lost', entry('failed', { lost: true })],
  ['lost', entry('cancelled', { lost: true })],
  ['cancelled', entry('cancelled')],
  ['released', entry('released')],
  ['suspended', entry('slept')],
  ['suspended', entry('waits')],
])('an attempt is %s by %j', (status, end) => {
  expect(attemptsOf([claimed, end])).toMatchObject([
    { n: 1, fence: 4, workerId: 'w', status, startedAt: 20, endedAt: 30 },
  ])
})

test('a request to cancel ends no attempt', () => {
  expect(attemptsOf([claimed, entry('cancel_requested')])).toMatchObject([{ status: 'running', endedAt: null }])
})

test('a job that ended without having begun has no attempts', () => {
  expect(attemptsOf([entry('created', {}, 1), entry('expired')])).toEqual([])
  expect(attemptsOf([entry('created', {}, 1), entry('cancelled')])).toEqual([])
  expect(attemptsOf([])).toEqual([])
})

test('what the history keeps of an error has no stack, and its inside apart from what owners see', () => {
  const error = { ...systemError('job_error', 'err_1', 'secret'), retryable: true }
  const data = errorData({ ...error, internal: { name: 'E', message: 'secret', stack: 'at x', cause: 'y' } })
  expect(data).toEqual({
    code: 'job_error',
    message: 'The job failed.',
    retryable: true,
    ref: 'err_1',
    internal: { name: 'E', message: 'secret' },
  })
  expect(attemptsOf([claimed, entry('failed', { error: data })])[0]?.error).toEqual(data)
})

test.each([null, 'text', ['list']])('an error of %j in the history is no error of the attempt', (error) => {
  expect(attemptsOf([claimed, entry('failed', { error })])[0]?.error).toBeNull()
})

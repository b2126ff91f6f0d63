// Errors on their way: what the decider and operators ask of them arrives.
import { expect, test } from 'vitest'
import { JobAborted } from '../../job/context.ts'
import { NonRetryableError, toJobError, UserError, WaybillError } from '../../job/errors.ts'
import { ResultTooLarge } from '../outcome.ts'
import { carried, revived } from './carry.ts'

class Odd extends Error {
  override readonly name = 'Odd'
}

const hostile = Object.assign(new Error('x'), { name: 7n, message: { a: 1 } })

test.each([
  new UserError('no_pages', 'The PDF has no pages.', { retryable: true, cause: new Error('why') }),
  new NonRetryableError('never again'),
  new JobAborted('lease_lost'),
  new WaybillError('engine_unavailable', 'away'),
  new ResultTooLarge('2 MB'),
  new Odd('strange', { cause: 'a text' }),
  hostile,
  'a text',
  null,
])('%s is told of in the same words, and by the same class', (thrown) => {
  const sent: ReturnType<typeof carried> = structuredClone(carried(thrown))
  const arrived = revived(sent)
  expect(toJobError(arrived, 'err_1')).toEqual(toJobError(thrown, 'err_1'))
  for (const kind of [UserError, NonRetryableError, JobAborted, WaybillError, ResultTooLarge])
    expect(arrived instanceof kind).toBe(thrown instanceof kind)
})

test('why a job was aborted arrives', () => {
  expect(revived(carried(new JobAborted('shutdown')))).toMatchObject({ reason: 'shutdown' })
})

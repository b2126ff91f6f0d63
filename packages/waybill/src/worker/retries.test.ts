// What an error means for its job: what the error says itself, what `retry.on` of the job says, and when another attempt comes.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { defineJob } from '../job/definition.ts'
import { JobFailed } from '../job/ended.ts'
import { UserError } from '../job/errors.ts'
import { RetryLater } from '../job/retry-choice.ts'
import { aBench, eventually, type Bench, type History } from '../waybill.fixture.ts'

const soon = { attempts: 3, backoff: '1ms', factor: 1, jitter: 0 }
const thrown: Record<string, () => unknown> = {
  passing: () => new TypeError('fetch failed'),
  bug: () => new RangeError('invalid array length'),
  user: () => new UserError('busy', 'Busy.', { retryable: true }),
  unreadable: () => 'a text',
}

const choosy = defineJob<string>({
  type: 'choosy',
  retry: { ...soon, on: (error) => nameOf(error) === 'TypeError' },
  async run({ input }) {
    throw thrown[input]?.()
  },
})
const polite = defineJob<{ delay: string | number }>({
  type: 'polite',
  retry: { ...soon, attempts: 2 },
  run({ input }) {
    throw new RetryLater(input.delay, 'the service is busy')
  },
})

function nameOf(error: unknown): string {
  if (error instanceof Error) return error.name
  throw new Error('no error at all')
}

let bench: Bench
beforeEach(async () => {
  bench = await aBench({ jobs: [choosy, polite] })
  await bench.waybill.worker().start()
})
afterEach(() => bench.close())

async function failed(input: string): Promise<History> {
  const job = await bench.waybill.enqueue(choosy, input)
  await expect(bench.waybill.result(job)).rejects.toBeInstanceOf(JobFailed)
  return bench.history(job.id)
}

describe('retry.on', () => {
  test('an error that it takes is tried again, up to the attempts', async () => {
    const { record } = await failed('passing')
    expect(record).toMatchObject({ attempt: 3, error: { retryable: true } })
  })

  test('an error that it refuses ends the job at once, and is told as final', async () => {
    const { record } = await failed('bug')
    expect(record).toMatchObject({ attempt: 1, error: { code: 'job_error', retryable: false } })
  })

  test('an error that says itself whether to try again is not asked about', async () => {
    expect((await failed('user')).record.attempt).toBe(3)
  })

  test('when it throws itself the job goes on by its policy, and operators read why', async () => {
    const { record } = await failed('unreadable')
    const internal = { message: 'job "choosy": retry.on threw Error: no error at all', cause: 'a text' }
    expect(record).toMatchObject({ attempt: 3, error: { internal } })
  })

  test('it must be a function', () => {
    const retry: object = { on: 'TypeError' }
    expect(() => defineJob({ type: 'x', retry })).toThrow('retry.on is a function of the error')
  })
})

describe('RetryLater', () => {
  test('the next attempt comes after its delay, not after the backoff, and is charged', async () => {
    const { id } = await bench.waybill.enqueue(polite, { delay: '2h' })
    await eventually(bench.engine, async () => (await bench.history(id)).record.status === 'scheduled')
    const { record, timeline } = await bench.history(id)
    expect(record).toMatchObject({ waitReason: 'retry', fails: 1, error: { code: 'job_error' } })
    expect(record.runAt - record.updatedAt).toBe(7_200_000)
    expect(timeline.at(-1)).toMatchObject({ type: 'retry_scheduled', data: { delay_ms: 7_200_000 } })
  })

  test('it does not go beyond the attempts of the job', async () => {
    const job = await bench.waybill.enqueue(polite, { delay: 0 })
    await expect(bench.waybill.result(job)).rejects.toBeInstanceOf(JobFailed)
    expect((await bench.history(job.id)).record).toMatchObject({ attempt: 2, fails: 2 })
  })

  test('an absurd delay is a mistake that says so', () => {
    expect(() => new RetryLater('400d')).toThrow('RetryLater: at most a year, got "400d"')
    expect(() => new RetryLater(-1)).toThrow('RetryLater: expected a duration')
  })
})

// The pure rule of a job whose process ended under it.
import { describe, expect, test } from 'vitest'
import { changed } from './change.ts'
import { crashed, type Crash } from './crash.ts'
import { aLease, aRecord, now } from './record.fixture.ts'
import type { JobRecord } from './record.ts'
import { attemptsOf } from './timeline.ts'

const crash: Crash = { exitCode: null, signal: 'SIGABRT', text: 'process 5 of the job was ended by SIGABRT' }
const of = (job: JobRecord) => crashed(job, 7, crash, 'err_1', () => 0.5)
const after = (job: JobRecord) => changed(job, of(job), now)

describe('a crash', () => {
  test('is written under the fence alone: the lease need not have run out', () => {
    expect(of(aRecord()).expect).toEqual({ fence: 7, cancelRequested: false })
  })

  test('is a loss, not a fail, and the first goes back at once', () => {
    expect(after(aRecord())).toMatchObject({ status: 'pending', losses: 1, fails: 0, lease: null, error: null })
  })

  test('goes back after the job’s backoff from the second on', () => {
    expect(after(aRecord({ losses: 1 }))).toMatchObject({ status: 'scheduled', losses: 2, runAt: now + 60_000 })
  })

  test('is the last one after three', () => {
    const { status, losses, error } = after(aRecord({ losses: 3 }))
    expect({ status, losses }).toEqual({ status: 'failed', losses: 4 })
    expect(error).toMatchObject({ code: 'worker_crashed', retryable: false })
    expect(error?.internal).toMatchObject({ message: crash.text, exit_code: null, signal: 'SIGABRT' })
  })

  test('ends a job that was asked to be cancelled', () => {
    expect(after(aRecord({ cancelRequestedAt: now - 10 }))).toMatchObject({ status: 'cancelled', losses: 1, fails: 0 })
  })

  test('counts also for a job that its worker had fetched ahead: it has begun by now', () => {
    expect(after(aRecord({ lease: aLease({ held: true }) }))).toMatchObject({ losses: 1, attempt: 1 })
  })

  test('closes its attempt as lost, and tells operators how the process ended', () => {
    const { event } = of(aRecord())
    const claimed = { type: 'claimed' as const, data: { attempt: 1, fence: 7, worker_id: 'w' } }
    const timeline = [claimed, event].map((one, i) => ({ ...one, seq: i + 1, at: now }))
    expect(attemptsOf(timeline)).toMatchObject([
      { status: 'lost', error: { code: 'worker_crashed', internal: { signal: 'SIGABRT' } } },
    ])
  })
})

// What a running job is compared with, and how seldom that is read.
import { expect, test } from 'vitest'
import type { Doc } from '../engine/engine.ts'
import { runsBody } from '../engine/past-runs.ts'
import { aRecord } from '../job/record.fixture.ts'
import type { JobRecord } from '../job/record.ts'
import { KnownRuns } from './known-runs.ts'

/** A store with these runs of every type, whose time is moved by hand. */
function aShelf(took: number[]) {
  const shelf = { took, now: 0, reads: 0, errors: 0, away: false }
  const docs = async (kind: string, key = ''): Promise<Doc[]> => {
    shelf.reads++
    if (shelf.away) throw new Error('away')
    const body = runsBody(shelf.took.map((tookMs, i) => ({ endedAt: 1_000 - i, tookMs })))
    return [{ kind, key, rev: 1, body, updatedAt: 0 }]
  }
  const clock = { now: () => shelf.now, after: () => () => {} }
  const known = new KnownRuns({ docs }, clock, () => void shelf.errors++)
  return Object.assign(shelf, { known })
}

const five = [10_000, 20_000, 30_000, 40_000, 50_000]
const started = 1_000_000
const running = (more: Partial<JobRecord> = {}): JobRecord =>
  aRecord({ id: 'a', status: 'processing', startedAt: started, updatedAt: started, fence: 7, progress: null, ...more })

test('a running job is compared with the last runs of its type', async () => {
  const { known } = aShelf(five)
  await known.missing(running())
  expect(known.estimateOf(running(), started + 6_000)).toEqual({
    progress: 0.2,
    ends_at: new Date(started + 30_000).toISOString(),
    duration_ms: 30_000,
    samples: 5,
  })
})

test('a job that has outlived all of them has no known end', async () => {
  const { known } = aShelf(five)
  await known.missing(running())
  expect(known.estimateOf(running(), started + 60_000)).toMatchObject({ progress: 0.99, ends_at: null })
})

test('with too few runs, and of a job that does not run, nothing is said', async () => {
  const few = aShelf(five.slice(1))
  await few.known.missing(running())
  expect(few.known.estimateOf(running(), started)).toBe(null)
  const enough = aShelf(five)
  await enough.known.missing(running())
  for (const status of ['pending', 'scheduled', 'waiting', 'completed'] as const) {
    expect([enough.known.missing(running({ status })), enough.known.estimateOf(running({ status }), started)]).toEqual([
      null,
      null,
    ])
  }
})

test('a type is read once for all that ask, and again after ten seconds without anybody waiting', async () => {
  const shelf = aShelf(five.slice(1))
  await Promise.all([shelf.known.missing(running()), shelf.known.missing(running({ id: 'b' }))])
  expect([shelf.reads, shelf.known.missing(running({ id: 'c' }))]).toEqual([1, null])
  shelf.now = 10_000
  expect([shelf.known.missing(running({ id: 'c' })), shelf.reads]).toEqual([null, 2])
})

test('an attempt that has been shown is read of no more, and its bar does not fall when longer runs end', async () => {
  const shelf = aShelf(five)
  await shelf.known.missing(running())
  const before = shelf.known.estimateOf(running(), started + 15_000)
  Object.assign(shelf, { took: five.map((ms) => ms * 10), now: 60_000 })
  expect(shelf.known.missing(running())).toBe(null)
  await shelf.known.missing(running({ id: 'b' }))
  expect([before?.progress, shelf.known.estimateOf(running(), started + 15_001)?.progress]).toEqual([0.5, 0.5])
})

test('a later report of less than was shown does not make the bar fall; a new attempt begins anew', async () => {
  const { known } = aShelf(five)
  await known.missing(running())
  expect(known.estimateOf(running(), started + 24_000)?.progress).toBe(0.666)
  const reported = running({ progress: 0.1, updatedAt: started + 24_000 })
  expect(known.estimateOf(reported, started + 24_000)).toMatchObject({
    progress: 0.666,
    ends_at: new Date(started + 24_000 + 27_000).toISOString(),
  })
  expect(known.estimateOf(running({ fence: 8, startedAt: started + 30_000 }), started + 30_000)?.progress).toBe(0)
})

test('a store that is away costs the estimate and nothing else', async () => {
  const shelf = Object.assign(aShelf(five), { away: true })
  await shelf.known.missing(running())
  expect([shelf.errors, shelf.known.estimateOf(running(), started)]).toEqual([1, null])
})

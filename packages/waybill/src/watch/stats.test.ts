// The figures over what has ended of late, on records made by hand.
import { expect, test } from 'vitest'
import type { ListRequest } from '../engine/engine.ts'
import { aRecord } from '../job/record.fixture.ts'
import type { JobRecord } from '../job/record.ts'
import { statsOf, type StatsRequest } from './stats.ts'

const now = 10_000_000
const rest = async () => {}
const ended = (more: Partial<JobRecord>): JobRecord =>
  aRecord({ status: 'completed', runAt: now - 5_000, startedAt: now - 4_000, completedAt: now - 1_000, ...more })

/** An engine that holds these jobs, newest first. */
function holding(jobs: JobRecord[]) {
  const asked: ListRequest[] = []
  const list = async (request: ListRequest) => {
    asked.push(request)
    const from = Number(request.after ?? 0)
    const next = from + request.limit
    return { records: jobs.slice(from, next), next: next < jobs.length ? String(next) : null }
  }
  return { asked, list, now: () => now }
}

const request = (more: Partial<StatsRequest> = {}): StatsRequest => ({
  filter: {},
  windowMs: 60_000,
  by: null,
  ...more,
})

test('all together: how many, how they ended, how long they waited and ran', async () => {
  const jobs = [
    ended({}),
    ended({ startedAt: now - 2_000 }),
    ended({ status: 'failed', startedAt: now - 3_000 }),
    ended({ status: 'cancelled', startedAt: null }),
  ]
  const { items, coversMs } = await statsOf(holding(jobs), request(), rest)
  expect(coversMs).toBe(60_000)
  expect(items).toEqual([
    {
      key: null,
      finished: 4,
      completed: 2,
      failed: 1,
      cancelled: 1,
      perMinute: 4,
      successRatio: 0.6667,
      waitMs: { p50: 2_000, p95: 3_000, p99: 3_000 },
      runMs: { p50: 2_000, p95: 3_000, p99: 3_000 },
    },
  ])
})

test('nothing has ended: no figure is made up', async () => {
  const none = { finished: 0, perMinute: 0, successRatio: null, waitMs: null, runMs: null }
  expect((await statsOf(holding([]), request(), rest)).items).toMatchObject([{ key: null, ...none }])
  expect((await statsOf(holding([]), request({ by: 'type' }), rest)).items).toEqual([])
})

test('by type, busiest first', async () => {
  const jobs = [ended({ type: 'a' }), ended({ type: 'b' }), ended({ type: 'b' })]
  const { items } = await statsOf(holding(jobs), request({ by: 'type' }), rest)
  expect(items.map(({ key, finished }) => [key, finished])).toEqual([
    ['b', 2],
    ['a', 1],
  ])
})

test('what ended before the window is not counted, and is not read to its end', async () => {
  const old = Array.from({ length: 5_000 }, () => ended({ createdAt: now - 90_000, completedAt: now - 70_000 }))
  const engine = holding([ended({}), ...old])
  const { items, coversMs } = await statsOf(engine, request(), rest)
  expect([items[0]?.finished, coversMs, engine.asked.length]).toEqual([1, 60_000, 2])
})

test('the engine is asked for ended jobs alone', async () => {
  const engine = holding([])
  await statsOf(engine, request({ filter: { userId: 'ann' } }), rest)
  expect(engine.asked[0]?.filter).toEqual({
    userId: 'ann',
    status: ['completed', 'failed', 'cancelled'],
  })
})

test('of very many the newest are counted, and the rate is that of the span they cover', async () => {
  const engine = holding(Array.from({ length: 20_000 }, (_, i) => ended({ completedAt: now - i })))
  let rests = 0
  const { coversMs, items } = await statsOf(engine, request(), async () => void rests++)
  expect([engine.asked.length, rests, items[0]?.finished, coversMs]).toEqual([25, 24, 5_000, 4_999])
  expect(items[0]?.perMinute).toBeCloseTo(60_000, -2)
})

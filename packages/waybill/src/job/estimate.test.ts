// What the last runs of a type say of one that runs: a table, and what holds for all runs and all jobs.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { estimate, runTimesOf, type RunTimes, type Standing } from './estimate.ts'

const silent = (elapsedMs: number): Standing => ({ elapsedMs, progress: null, quietMs: elapsedMs })
const said = (progress: number, quietMs = 0): Standing => ({ elapsedMs: 1_000_000, progress, quietMs })
const known = (...ms: number[]): RunTimes => {
  const runs = runTimesOf(ms)
  if (!runs) throw new Error('too few runs')
  return runs
}
const spread = known(50, 10, 30, 20, 40)

test.each<[string, Standing, number, number | null]>([
  ['at the beginning, half of the runs say how long it takes', silent(0), 0, 30],
  ['the bar goes on with time', silent(6), 0.2, 24],
  ['once the shortest run is outlived, the middle of the longer ones counts', silent(15), 0.5, 15],
  ['the bar of a job that outlives the median slows', silent(35), 0.875, 5],
  ['and the end moves away', silent(45), 0.99, 5],
  ['a job that has outlived all runs stands at 99 %, and nobody knows how long it takes', silent(51), 0.99, null],
  ['what a job reports is believed, however long that took', said(0.5), 0.5, 15],
  ['between two reports it goes on as usual', said(0.5, 6), 0.7, 9],
  ['what a job reports is never belittled', said(0.9), 0.9, 3],
  ['nothing reported yet is no report', { elapsedMs: 6, progress: 0, quietMs: 0 }, 0.2, 24],
  ['a job that is slower than it said is judged by the rests of longer runs', said(0.5, 16), 0.9, 4],
  ['a job that reports its end has not ended, and nobody knows what it waits for', said(1), 0.99, null],
])('%s', (_, standing, progress, leftMs) => {
  expect(estimate(spread, standing)).toEqual({ progress, leftMs })
})

test('what was said earlier of an attempt is not taken back by a report of less', () => {
  expect(estimate(spread, said(0.1), 0.7)).toEqual({ progress: 0.7, leftMs: 27 })
})

test('runs that all took the same time: the bar goes straight to 99 % and stands there', () => {
  const runs = known(30, 30, 30, 30, 30)
  expect([0, 15, 29, 30, 90].map((ms) => estimate(runs, silent(ms)).progress)).toEqual([0, 0.5, 0.966, 0.99, 0.99])
})

test('below five runs nothing is said', () => {
  expect([runTimesOf([]), runTimesOf([1, 2, 3, 4])]).toEqual([null, null])
})

test('only the newest fifty runs count', () => {
  const newest = Array.from({ length: 50 }, () => 100)
  expect(runTimesOf([...newest, 9_000, 9_000])?.sorted).toEqual(newest)
})

const anyRuns = fc
  .array(fc.integer({ min: 0, max: 100_000 }), { minLength: 5, maxLength: 60 })
  .map((ms) => known(...ms))
const anyTime = fc.integer({ min: 0, max: 300_000 })

test('the bar of a job that says nothing never falls and never comes to its end', () => {
  fc.assert(
    fc.property(anyRuns, anyTime, anyTime, (runs, a, b) => {
      const earlier = estimate(runs, silent(Math.min(a, b))).progress
      const later = estimate(runs, silent(Math.max(a, b))).progress
      expect(earlier).toBeLessThanOrEqual(later)
      expect(later).toBeLessThan(1)
    }),
  )
})

test('whatever a job reports, its bar never falls and is never behind the report', () => {
  const report = fc.record({ progress: fc.double({ min: 0, max: 1, noNaN: true }), quietMs: anyTime })
  fc.assert(
    fc.property(anyRuns, fc.array(report), (runs, reports) => {
      let [shown, progress] = [0, 0]
      for (const one of reports) {
        progress = Math.max(progress, one.progress)
        const next = estimate(runs, { elapsedMs: 0, ...one, progress }, shown).progress
        expect(next).toBeGreaterThanOrEqual(shown)
        expect(next).toBeGreaterThanOrEqual(Math.floor(Math.min(0.99, progress) * 1_000) / 1_000)
        shown = next
      }
    }),
  )
})

test('the time that is left, where it is known, is more than none', () => {
  fc.assert(
    fc.property(anyRuns, anyTime, (runs, elapsed) => {
      expect(estimate(runs, silent(elapsed)).leftMs ?? 1).toBeGreaterThan(0)
    }),
  )
})

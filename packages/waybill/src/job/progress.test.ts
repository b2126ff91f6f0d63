// Progress notes: gathered in the worker or written one by one, they lead to the same state.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { mergeNotes, notedState, type ProgressNote } from './progress.ts'
import type { JobState } from './record.ts'

const text = fc.option(fc.constantFrom('a', 'b', 'c'))
const counts = fc.option(fc.record({ done: fc.nat(3), total: fc.constant(3), unit: fc.constant('page') }))
const progress = fc.option(fc.double({ min: -1, max: 2 }))
const note: fc.Arbitrary<ProgressNote> = fc.record(
  { progress, progressMessage: text, stage: text, counts },
  { requiredKeys: [] },
)
type Said = Pick<JobState, 'progress' | 'progressMessage' | 'stage' | 'counts'>

const state: fc.Arbitrary<Said> = fc.record({
  progress: fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
  progressMessage: text,
  stage: text,
  counts,
})

test('notes gathered into one lead where they lead one by one', () => {
  fc.assert(
    fc.property(state, fc.array(note, { minLength: 1, maxLength: 6 }), (start, notes) => {
      let oneByOne = start
      for (const one of notes) oneByOne = { ...oneByOne, ...notedState(oneByOne, one) }
      const gathered = notes.reduce(mergeNotes)
      expect({ ...start, ...notedState(start, gathered) }).toEqual(oneByOne)
    }),
  )
})

test('progress stays within 0 and 1, never falls, and once known is never unknown again', () => {
  fc.assert(
    fc.property(state, note, (start, said) => {
      const next = { ...start, ...notedState(start, said) }
      // Unknown counts as below everything.
      expect(next.progress ?? -1).toBeGreaterThanOrEqual(start.progress ?? -1)
      expect(next.progress ?? 0).toBeGreaterThanOrEqual(0)
      expect(next.progress ?? 0).toBeLessThanOrEqual(1)
    }),
  )
})

test('the same note twice says nothing new the second time', () => {
  fc.assert(
    fc.property(state, note, (start, said) => {
      const once = { ...start, ...notedState(start, said) }
      expect(notedState(once, said)).toEqual({})
    }),
  )
})

test('what a note changes is told, member by member, and what it only repeats is not', () => {
  const start: Said = { progress: null, progressMessage: 'a', stage: 'S', counts: { done: 1, total: 3, unit: 'page' } }
  const counts = { done: 2, total: 3, unit: 'page' }
  const told = { progress: 0, progressMessage: 'b', stage: null, counts }
  expect(notedState(start, told)).toEqual(told)
  expect(notedState(start, { ...start, counts: { ...counts, done: 1 } })).toEqual({})
  expect(notedState({ ...start, progress: 0.5 }, { progress: null })).toEqual({})
})

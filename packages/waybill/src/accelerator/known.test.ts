// What a process believes of an entry, given what it has learned: times of one steady clock, in milliseconds.
import { describe, expect, test } from 'vitest'
import { Known, trustMs } from './known.ts'

const believes = (known: Known, rev: number, seenAt: number, now: number) => known.believes('a', rev, seenAt, now)

describe('an entry is believed', () => {
  test('for two seconds after it was the truth, and not from the future', () => {
    const known = new Known()
    expect(believes(known, 1, 1_000, 3_000)).toBe(true)
    expect(believes(known, 1, 1_000, 3_001)).toBe(false)
    expect(believes(known, 1, 1_001, 1_000)).toBe(false)
  })

  test('when it knows the rev that is known here, or was read later', () => {
    const known = new Known()
    known.told('a', 5, 1_000, 1_100)
    expect(believes(known, 4, 1_050, 1_200)).toBe(false)
    expect(believes(known, 5, 1_050, 1_200)).toBe(true)
    expect(believes(known, 4, 1_100, 1_200)).toBe(true)
  })

  test('after a change of unknown rev only when it was read after the change', () => {
    const known = new Known()
    known.changed('a', 1_000)
    expect(believes(known, 9, 999, 1_001)).toBe(false)
    expect(believes(known, 2, 1_000, 1_001)).toBe(true)
  })

  test('after such a change also by what was asked after it, but not by what was asked before', () => {
    const known = new Known()
    known.changed('a', 1_000)
    known.told('a', 6, 990, 1_010)
    expect(believes(known, 6, 995, 1_020)).toBe(false)
    known.told('a', 7, 1_015, 1_030)
    expect(believes(known, 7, 995, 1_040)).toBe(true)
  })

  test('when nothing newer was learned by an answer that came late', () => {
    const known = new Known()
    known.told('a', 5, 1_000, 1_100)
    known.told('a', 3, 900, 1_050)
    expect(believes(known, 4, 1_050, 1_200)).toBe(false)
  })

  test('of any job, only if it was read after a moment when anything may have changed', () => {
    const known = new Known()
    known.anything(1_000)
    expect(believes(known, 9, 999, 1_500)).toBe(false)
    expect(believes(known, 9, 1_000, 1_500)).toBe(true)
  })
})

describe('what is remembered', () => {
  test('is forgotten once no entry could be believed without it', () => {
    const known = new Known()
    known.told('a', 5, 0, 0)
    known.told('b', 1, trustMs + 1, trustMs + 1)
    expect(known.size).toBe(1)
  })

  test('is bounded: what must be forgotten early takes the belief in older entries with it', () => {
    const known = new Known()
    known.told('a', 5, 100, 100)
    for (let i = 0; i < 50_000; i++) known.told(`other-${i}`, 1, 200, 200)
    expect(known.size).toBe(50_000)
    expect(believes(known, 4, 99, 300)).toBe(false)
    expect(believes(known, 4, 100, 300)).toBe(true)
  })
})

// The ledger of a user with limits: what is charged, refused, given back, and when windows begin anew.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bodyOf, charged, isBlank, ledgerNow, ledgerOf, refunded, standings, type Fate, type Ledger } from './quota.ts'
import { tiersOf, type Tier, type TierOptions } from './tier.ts'

const midnight = Date.UTC(2026, 10, 24)
const hour = 3_600_000

function tier(options: TierOptions): Tier {
  const made = tiersOf({ free: options }).get('free')
  if (!made) throw new Error('no tier')
  return made
}

const jobs = (...ids: string[]) => ids.map((id) => ({ id, rev: 0 }))
const empty = (now: number) => ledgerNow(ledgerOf(undefined), () => 'missing', true, now)
const all = (fate: Fate) => () => fate

function chargedAll(ledger: Ledger, limits: Tier, ids: string[], now: number): Ledger {
  return ids.reduce((before, id) => {
    const next = charged(before, limits, jobs(id), now)
    if ('limit' in next) throw new Error(`${id} was refused`)
    return next
  }, ledger)
}

const leftOf = (ledger: Ledger, limits: Tier, now: number) => standings(ledger, limits, now).map(({ left }) => left)

describe('a day', () => {
  const free = tier({ perDay: 2 })

  test('the third job of two a day is refused, and is told when the next day begins', () => {
    const used = chargedAll(empty(midnight), free, ['a', 'b'], midnight)
    expect(charged(used, free, jobs('c'), midnight + hour)).toEqual({
      limit: 'day',
      quota: 2,
      left: 0,
      windowMs: 24 * hour,
      freeAt: midnight + 24 * hour,
    })
  })

  test('lasts to the last millisecond before midnight UTC, and not longer', () => {
    const used = chargedAll(empty(midnight), free, ['a', 'b'], midnight)
    expect(leftOf(used, free, midnight + 24 * hour - 1)).toEqual([0])
    expect(leftOf(used, free, midnight + 24 * hour)).toEqual([2])
  })

  test('is not turned back by a process whose clock is a little behind', () => {
    const used = chargedAll(empty(midnight), free, ['a', 'b'], midnight)
    const late = ledgerNow(used, all('ended'), false, midnight - 1)
    expect(leftOf(late, free, midnight + 1)).toEqual([0])
  })

  test('of a clock that was days ahead does not count', () => {
    const used = chargedAll(empty(midnight + 72 * hour), free, ['a', 'b'], midnight + 72 * hour)
    expect(leftOf(used, free, midnight)).toEqual([2])
  })
})

test('a minute begins with the clock', () => {
  const limits = tier({ perMinute: 1 })
  const used = chargedAll(empty(midnight + 50_000), limits, ['a'], midnight + 50_000)
  expect(charged(used, limits, jobs('b'), midnight + 59_999)).toMatchObject({ limit: 'minute' })
  expect(charged(used, limits, jobs('b'), midnight + 60_000)).not.toHaveProperty('limit')
})

describe('jobs that have not ended', () => {
  const limits = tier({ active: 2 })
  const two = chargedAll(empty(midnight), limits, ['a', 'b'], midnight)

  test('make room when they end', () => {
    const one = ledgerNow(two, ({ id }) => (id === 'a' ? 'ended' : 'unfinished'), true, midnight)
    expect([leftOf(two, limits, midnight), leftOf(one, limits, midnight)]).toEqual([[0], [1]])
  })

  test('outlast days', () => {
    expect(leftOf(ledgerNow(two, all('unfinished'), true, midnight + 72 * hour), limits, midnight)).toEqual([0])
  })

  test('are not kept where nobody counts them', () => {
    expect(ledgerNow(two, all('unfinished'), false, midnight).open).toEqual([])
  })
})

describe('a job that was charged and is not in the store', () => {
  const limits = tier({ perDay: 5, perMinute: 5, active: 5 })
  const used = chargedAll(empty(midnight), limits, ['a', 'b'], midnight)

  test('may still come for a minute', () => {
    expect(leftOf(ledgerNow(used, all('missing'), true, midnight + 59_999), limits, midnight)).toEqual([3, 3, 3])
  })

  test('is given back after a minute, to the day in which it was charged', () => {
    const later = ledgerNow(used, all('missing'), true, midnight + 60_000)
    expect(leftOf(later, limits, midnight + 60_000)).toEqual([5, 5, 5])
  })

  test('gives nothing back to another day', () => {
    const before = chargedAll(empty(midnight - 1), limits, ['x'], midnight - 1)
    const next = chargedAll(ledgerNow(before, all('missing'), true, midnight), limits, ['a'], midnight)
    expect(ledgerNow(next, ({ id }) => (id === 'x' ? 'missing' : 'ended'), true, midnight + 60_000).day.jobs).toBe(1)
  })

  test('is given back at once by whoever knows', () => {
    expect(leftOf(refunded(used, ['a']), limits, midnight)).toEqual([4, 4, 4])
  })

  test('is not given back twice', () => {
    expect(refunded(refunded(used, ['a']), ['a'])).toEqual(refunded(used, ['a']))
  })

  test('is given back once where the same id was charged before, for a job that is there', () => {
    expect(leftOf(refunded(chargedAll(used, limits, ['a'], midnight), ['a']), limits, midnight)).toEqual([3, 3, 3])
  })
})

test('many are charged together or not at all, and the limit that lasts longest is told', () => {
  const limits = tier({ perDay: 3, perMinute: 2, active: 1 })
  expect(charged(empty(midnight), limits, jobs('a', 'b', 'c', 'd'), midnight)).toMatchObject({ limit: 'day' })
  expect(charged(empty(midnight), limits, jobs('a', 'b', 'c'), midnight)).toMatchObject({ limit: 'minute' })
  expect(charged(empty(midnight), limits, jobs('a', 'b'), midnight)).toMatchObject({ limit: 'active' })
})

test('a limit of none lets none pass', () => {
  expect(charged(empty(midnight), tier({ perDay: 0 }), jobs('a'), midnight)).toMatchObject({ limit: 'day', left: 0 })
})

test('a ledger that is read is the one that was written', () => {
  const used = chargedAll(empty(midnight), tier({ active: 5 }), ['a', 'b'], midnight)
  expect(ledgerOf(bodyOf(used))).toEqual(used)
})

test('a ledger is blank once its day is over, and no job of it is open', () => {
  const used = chargedAll(empty(midnight), tier({ perDay: 1 }), ['a'], midnight)
  const at = (fate: Fate, hours: number) => isBlank(ledgerNow(used, all(fate), true, midnight + hours * hour))
  expect([at('ended', 23), at('ended', 24), at('unfinished', 24)]).toEqual([false, true, false])
})

test('whatever is asked for and given back, no limit is ever exceeded', () => {
  const limits = tier({ perDay: 5, active: 3 })
  const step = fc.record({ id: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'), back: fc.boolean() })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      let ledger = empty(midnight)
      for (const { id, back } of steps) {
        const next = back ? refunded(ledger, [id]) : charged(ledger, limits, jobs(id), midnight)
        if (!('limit' in next)) ledger = next
        expect(ledger.open.length).toBeLessThanOrEqual(3)
        expect(ledger.day.jobs).toBe(ledger.open.length)
      }
    }),
  )
})

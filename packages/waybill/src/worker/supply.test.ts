// How much a worker asks for: what its slots can take and its pace allows, whatever is on its way already.
import { expect, test } from 'vitest'
import type { Claimed } from '../engine/engine.ts'
import { newId } from '../lib/ids.ts'
import { Supply, type Plan, type SupplyParts } from './supply.ts'

const nothing: Claimed = { fence: 0, jobs: [] }

const partsOf = (free: number): SupplyParts => ({
  workerId: 'w',
  queues: [],
  leaseMs: 15_000,
  newId,
  free: () => free,
  quiet: () => true,
  giveBack: () => {},
})

const supply = (free: number) => new Supply(partsOf(free))

const asked = (plan: Plan | null) => plan && [plan.request.max, plan.request.begins]

function planOf(one: Supply, now: number): Plan {
  const plan = one.plan(now)
  if (plan === null) throw new Error('it wants nothing')
  return plan
}

test('an idle worker asks for as many jobs as it has slots, and may begin all of them', () => {
  expect(asked(supply(4).plan(0))).toEqual([4, 4])
})

test('two calls under way ask for no more than the slots take: long jobs are not hoarded', () => {
  const one = supply(4)
  const first = planOf(one, 0)
  one.wake()
  expect(asked(one.plan(0))).toBeNull()
  one.take(nothing, first, 0)
  one.wake()
  expect(asked(one.plan(0))).toEqual([4, 4])
})

test('nor may more begin than that', () => {
  const one = supply(4)
  one.plan(0)
  one.ended(100, 0)
  one.wake()
  expect(asked(one.plan(0))).toEqual([100, 100])
})

test('a call that failed asks for nothing any more', () => {
  const one = supply(4)
  one.take(null, planOf(one, 0), 0)
  one.wake()
  expect(asked(one.plan(0))).toEqual([4, 4])
})

test('what ended in the last milliseconds is asked for ahead, and forgotten soon', () => {
  const one = supply(4)
  one.ended(100, 0)
  expect(planOf(one, 0).request.max).toBe(104)
  const later = supply(4)
  later.ended(100, 0)
  expect(planOf(later, 250).request.max).toBe(4)
})

test('a worker whose slots are all taken asks for nothing, though there may be more', () => {
  const one = supply(0)
  one.wake()
  expect(one.wants(0)).toBe(false)
})

// The breaker on a clock of its own: when it opens, when it asks again, and that callers never hear of a fault.
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { systemClock } from '../lib/clock.ts'
import { Guard } from './guard.ts'

const fault = new Error('no answer')
const fails = () => Promise.reject(fault)
const works = () => Promise.resolve('yes')

let probes: number
let isThere: boolean
let turns: string[]
let guard: Guard

beforeEach(() => {
  vi.useFakeTimers()
  ;[probes, isThere, turns] = [0, true, []]
  const probe = () => {
    probes++
    return isThere ? Promise.resolve() : Promise.reject(fault)
  }
  guard = new Guard({ clock: systemClock, probe, onTurn: (state) => void turns.push(state) })
})
afterEach(() => {
  guard.stop()
  vi.useRealTimers()
})

const passes = (ms: number) => vi.advanceTimersByTimeAsync(ms)

async function closed(): Promise<void> {
  guard.start()
  await passes(0)
  expect(guard.closed).toBe(true)
}

async function failing(times: number): Promise<void> {
  for (let i = 0; i < times; i++) expect(await guard.run(fails)).toBeNull()
}

describe('a breaker', () => {
  test('answers what its work answers while it is closed', async () => {
    await closed()
    expect(await guard.run(works)).toBe('yes')
  })

  test('opens at the fifth error in a row and not before', async () => {
    await closed()
    await failing(4)
    expect(guard.closed).toBe(true)
    await failing(1)
    expect(guard.closed).toBe(false)
  })

  test('begins to count anew after a success', async () => {
    await closed()
    await failing(4)
    await guard.run(works)
    await failing(4)
    expect(guard.closed).toBe(true)
  })

  test('sends nothing while it is open', async () => {
    await closed()
    await failing(5)
    let sent = 0
    expect(await guard.run(() => Promise.resolve(++sent))).toBeNull()
    expect(sent).toBe(0)
  })

  test('asks every two seconds while it is open, and closes at the first answer', async () => {
    await closed()
    isThere = false
    await failing(5)
    await passes(1_999)
    expect(probes).toBe(1)
    await passes(1)
    expect(probes).toBe(2)
    await passes(2_000)
    expect([probes, guard.closed]).toEqual([3, false])
    isThere = true
    await passes(2_000)
    expect([probes, guard.closed]).toEqual([4, true])
    await passes(60_000)
    expect(probes).toBe(4)
  })

  test('a lost connection opens it at once and is asked for again at once', async () => {
    await closed()
    await passes(2_000)
    isThere = false
    guard.trip(fault)
    expect(guard.closed).toBe(false)
    await passes(0)
    expect(probes).toBe(2)
    await passes(2_000)
    expect(probes).toBe(3)
  })

  test('a connection that is lost again and again is not asked for more often than every two seconds', async () => {
    await closed()
    for (let i = 0; i < 5; i++) {
      guard.trip(fault)
      await passes(1_000)
    }
    expect(probes).toBe(3)
  })

  test('errors of calls that were under way when it opened neither open it twice nor count later', async () => {
    await closed()
    await Promise.all(Array.from({ length: 9 }, () => guard.run(fails)))
    await passes(2_000)
    expect(turns).toEqual(['closed', 'open', 'closed'])
    await failing(4)
    expect(guard.closed).toBe(true)
  })

  test('begins open, says so once when nobody answers, and closes once somebody does', async () => {
    isThere = false
    guard.start()
    await passes(5_000)
    expect([turns, probes]).toEqual([['open'], 3])
    isThere = true
    await passes(2_000)
    expect(turns).toEqual(['open', 'closed'])
  })

  test('once stopped, it asks nothing more', async () => {
    await closed()
    guard.stop()
    expect(vi.getTimerCount()).toBe(0)
    guard.trip(fault)
    await passes(10_000)
    expect(probes).toBe(1)
    expect(await guard.run(works)).toBeNull()
  })

  test('a probe that is answered after it was stopped leaves it open', async () => {
    guard.start()
    guard.stop()
    await passes(0)
    expect([guard.closed, turns]).toEqual([false, []])
  })
})

import { describe, expect, test } from 'vitest'
import { dueSlots, nextRuns, planFault, type Plan } from './schedule.ts'

const minute = 60_000
const hour = 60 * minute
const hourly: Plan = { timing: { everyMs: hour, anchorAt: 0 }, overlap: 'queue', catchUp: 'one', settledAt: 0 }
const every = (everyMs: number, more: Partial<Plan> = {}): Plan => ({
  ...hourly,
  timing: { everyMs, anchorAt: 0 },
  ...more,
})

describe('what is due', () => {
  test('is nothing before the slot, and the slot from its moment on', () => {
    expect(dueSlots(hourly, hour - 1)).toBe(null)
    expect(dueSlots(hourly, hour)).toEqual({ fire: [hour], settledAt: hour })
    expect(dueSlots({ ...hourly, settledAt: hour }, hour + 1)).toBe(null)
  })

  test('within a minute each slot is on time, also without catching up: a change of leader costs none', () => {
    expect(dueSlots(every(10_000, { catchUp: 'none' }), 30_000)).toEqual({
      fire: [10_000, 20_000, 30_000],
      settledAt: 30_000,
    })
  })

  test('with overlap skip or replace only the last slot of several can matter', () => {
    for (const overlap of ['skip', 'replace'] as const)
      expect(dueSlots(every(10_000, { overlap }), 30_000)).toEqual({ fire: [30_000], settledAt: 30_000 })
  })
})

describe('after an outage of three hours', () => {
  const back = 3 * hour + 30 * minute

  test('catching up none lets the missed slots go', () => {
    expect(dueSlots({ ...hourly, catchUp: 'none' }, back)).toEqual({ fire: [], settledAt: 3 * hour })
  })

  test('catching up one fires the latest of them', () => {
    expect(dueSlots(hourly, back)).toEqual({ fire: [3 * hour], settledAt: 3 * hour })
  })

  test('catching up one fires nothing more when a slot is on time', () => {
    expect(dueSlots(hourly, 3 * hour + 1)).toEqual({ fire: [3 * hour], settledAt: 3 * hour })
  })

  test('catching up all fires each', () => {
    expect(dueSlots({ ...hourly, catchUp: 'all' }, back)?.fire).toEqual([hour, 2 * hour, 3 * hour])
  })

  test('catching up all goes by the hundred, oldest first, and leaves none out', () => {
    const fired: number[] = []
    let plan = every(10_000, { catchUp: 'all' })
    for (let due = dueSlots(plan, back); due; due = dueSlots(plan, back)) {
      expect(due.fire.length).toBeLessThanOrEqual(100)
      fired.push(...due.fire)
      plan = { ...plan, settledAt: due.settledAt }
    }
    expect(fired).toEqual(Array.from({ length: back / 10_000 }, (_, i) => (i + 1) * 10_000))
  })

  test('catching up all goes back a week, no further', () => {
    const now = 30 * 24 * hour
    expect(dueSlots(every(24 * hour, { catchUp: 'all' }), now)?.fire.map((slot) => slot / 24 / hour)).toEqual([
      24, 25, 26, 27, 28, 29, 30,
    ])
  })
})

describe('a clock that jumps', () => {
  test('back by more than a minute: slots are counted from now again', () => {
    const ahead = { ...hourly, settledAt: 5 * hour }
    expect(dueSlots(ahead, 2 * hour + 5)).toEqual({ fire: [], settledAt: 2 * hour + 5 })
  })

  test('back by less: it is waited for', () => {
    expect(dueSlots({ ...hourly, settledAt: hour }, hour - 1_000)).toBe(null)
  })
})

test('the next runs are those that are still to come', () => {
  expect(nextRuns({ ...hourly, settledAt: 0 }, hour + 1, 2)).toEqual([2 * hour, 3 * hour])
  expect(nextRuns({ ...hourly, settledAt: 2 * hour }, hour + 1, 1)).toEqual([3 * hour])
})

describe('what is no schedule', () => {
  const cron = (text: string, timezone = 'UTC') => planFault('k', { ...hourly, timing: { cron: text, timezone } }, 0)

  test.each([
    ['* * * *', /5 fields .* or 6 with seconds first; "\* \* \* \*" has 4/],
    ['', /has 0/],
    ['0 0 1 1 * * 2030', /has 7/],
    ['61 * * * *', /"61 \* \* \* \*" is no cron: Invalid value for minute: 61/],
    ['0 0 30 2 *', /would never run: there is no such day/],
  ])('the cron "%s"', (text, told) => {
    expect(cron(text)).toMatchObject({ member: 'cron', detail: expect.stringMatching(told) })
  })

  test.each(['Mars/Base', '', '+02:00'])('the time zone "%s"', (zone) => {
    expect(cron('* * * * *', zone)).toMatchObject({
      member: 'timezone',
      detail: expect.stringContaining('Europe/Berlin'),
    })
  })

  test.each([0, -1, 999, 1_500.5, 367 * 24 * hour, Number.NaN])('an interval of %s ms', (everyMs) => {
    expect(planFault('k', every(everyMs), 0)).toMatchObject({ member: 'every_ms' })
  })

  test('catching up all where only the last could stay', () => {
    expect(planFault('k', { ...hourly, catchUp: 'all', overlap: 'skip' }, 0)).toMatchObject({ member: 'catch_up' })
    expect(planFault('k', { ...hourly, catchUp: 'all' }, 0)).toBe(null)
  })

  test('a key with other characters than letters, digits and . _ : -', () => {
    expect(planFault('a b', hourly, 0)).toMatchObject({ member: 'key' })
  })
})

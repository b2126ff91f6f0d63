// The rule of daylight saving is stated in slots.ts and in docs/guides/schedules.md: here it is held against two time zones.
import { describe, expect, test } from 'vitest'
import { latestSlot, nextSlot, slotsBetween, type Timing } from './slots.ts'

const at = (text: string) => Date.parse(text)
const texts = (slots: number[]) => slots.map((slot) => new Date(slot).toISOString().replace(':00.000Z', 'Z'))
const runs = (cron: string, timezone: string, after: string, count: number) =>
  texts(slotsBetween({ cron, timezone }, at(after), Number.POSITIVE_INFINITY, count))

describe('spring, when the clock is put forward', () => {
  test('a time that is left out happens at the first moment after it: Europe/Berlin', () => {
    expect(runs('30 2 * * *', 'Europe/Berlin', '2026-03-28T00:00Z', 3)).toEqual([
      '2026-03-28T01:30Z',
      '2026-03-29T01:00Z',
      '2026-03-30T00:30Z',
    ])
  })

  test('a time that is left out happens at the first moment after it: America/New_York', () => {
    expect(runs('30 2 * * *', 'America/New_York', '2026-03-07T00:00Z', 3)).toEqual([
      '2026-03-07T07:30Z',
      '2026-03-08T07:00Z',
      '2026-03-09T06:30Z',
    ])
  })

  test('several times that meet at that moment are one run', () => {
    expect(runs('0,30 2-3 * * *', 'Europe/Berlin', '2026-03-28T23:00Z', 3)).toEqual([
      '2026-03-29T01:00Z',
      '2026-03-29T01:30Z',
      '2026-03-30T00:00Z',
    ])
  })

  test('with * or / what is left out does not happen', () => {
    expect(runs('*/30 * * * *', 'Europe/Berlin', '2026-03-29T00:00Z', 3)).toEqual([
      '2026-03-29T00:30Z',
      '2026-03-29T01:00Z',
      '2026-03-29T01:30Z',
    ])
    expect(runs('*/30 2 * * *', 'America/New_York', '2026-03-07T12:00Z', 1)).toEqual(['2026-03-09T06:00Z'])
  })
})

describe('autumn, when the clock is put back', () => {
  test('a time that comes twice happens the first time: Europe/Berlin', () => {
    expect(runs('30 2 * * *', 'Europe/Berlin', '2026-10-24T12:00Z', 2)).toEqual([
      '2026-10-25T00:30Z',
      '2026-10-26T01:30Z',
    ])
  })

  test('a time that comes twice happens the first time: America/New_York', () => {
    expect(runs('30 1 * * *', 'America/New_York', '2026-10-31T12:00Z', 2)).toEqual([
      '2026-11-01T05:30Z',
      '2026-11-02T06:30Z',
    ])
  })

  test('so does each time of a list', () => {
    expect(runs('0 2,14 * * *', 'Europe/Berlin', '2026-10-24T22:00Z', 3)).toEqual([
      '2026-10-25T00:00Z',
      '2026-10-25T13:00Z',
      '2026-10-26T01:00Z',
    ])
  })

  test('with * or / what comes twice happens twice', () => {
    expect(runs('15 * * * *', 'Europe/Berlin', '2026-10-24T23:30Z', 3)).toEqual([
      '2026-10-25T00:15Z',
      '2026-10-25T01:15Z',
      '2026-10-25T02:15Z',
    ])
    expect(runs('30 * * * *', 'America/New_York', '2026-11-01T05:00Z', 3)).toEqual([
      '2026-11-01T05:30Z',
      '2026-11-01T06:30Z',
      '2026-11-01T07:30Z',
    ])
  })
})

describe('a cron', () => {
  test('has seconds when it has six fields', () => {
    expect(slotsBetween({ cron: '*/20 * * * * *', timezone: 'UTC' }, 0, 60_000, 9)).toEqual([20_000, 40_000, 60_000])
  })

  test('finds the rare day', () => {
    expect(runs('0 0 29 2 *', 'UTC', '2026-01-01T00:00Z', 2)).toEqual(['2028-02-29T00:00Z', '2032-02-29T00:00Z'])
  })

  test('never fires on a day that does not exist', () => {
    expect(nextSlot({ cron: '0 0 30 2 *', timezone: 'UTC' }, 0)).toBe(null)
  })
})

describe('an interval', () => {
  const timing: Timing = { everyMs: 1_000, anchorAt: 500 }

  test('is counted from its anchor, whatever the time zone', () => {
    expect(slotsBetween(timing, 400, 3_000, 10)).toEqual([500, 1_500, 2_500])
    expect(nextSlot(timing, 1_500)).toBe(2_500)
  })

  test('has its latest slot at the end of a span, in its midst, or not at all', () => {
    expect([latestSlot(timing, 0, 9_500), latestSlot(timing, 0, 9_499), latestSlot(timing, 8_500, 9_499)]).toEqual([
      9_500,
      8_500,
      null,
    ])
  })
})

test('the latest slot of a century of seconds is found at once', () => {
  const end = at('2070-01-01T00:00:00.500Z')
  expect(latestSlot({ cron: '* * * * * *', timezone: 'America/New_York' }, 0, end)).toBe(end - 500)
})

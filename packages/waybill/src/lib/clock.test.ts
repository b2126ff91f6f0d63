// The system's clock: timers that hold the process only where that was asked for, and that no length can fool.
import { afterEach, expect, test, vi } from 'vitest'
import { pause, systemClock } from './clock.ts'

afterEach(() => void vi.useRealTimers())

const holding = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length

test('a timer holds the process only when it is told to, and not once it is forgotten', () => {
  const before = holding()
  const forget = systemClock.after(60_000, () => {})
  expect(holding()).toBe(before)
  const release = systemClock.after(60_000, () => {}, true)
  expect(holding()).toBe(before + 1)
  forget()
  release()
  expect(holding()).toBe(before)
})

test('a pause does not hold the process unless it is told to', async () => {
  const before = holding()
  const stop = new AbortController()
  const pauses = [pause(systemClock, 60_000, stop.signal), pause(systemClock, 60_000, stop.signal, true)]
  expect(holding()).toBe(before + 1)
  stop.abort()
  await Promise.all(pauses)
  expect(holding()).toBe(before)
})

test('a timer fires once, when its time has come, and a forgotten one never', () => {
  vi.useFakeTimers()
  const fired: string[] = []
  systemClock.after(1_000, () => fired.push('kept'))
  const forget = systemClock.after(1_000, () => fired.push('forgotten'))
  forget()
  vi.advanceTimersByTime(999)
  expect(fired).toEqual([])
  vi.advanceTimersByTime(10_000)
  expect(fired).toEqual(['kept'])
})

test('a time beyond what a timer can count is the longest one, and a negative one is none', () => {
  const set = vi.spyOn(globalThis, 'setTimeout')
  for (const ms of [2 ** 40, 2 ** 31, -5, 0, 7]) systemClock.after(ms, () => {})()
  expect(set.mock.calls.map(([, ms]) => ms)).toEqual([2 ** 31 - 1, 2 ** 31 - 1, 0, 0, 7])
  set.mockRestore()
})

import { expect, test } from 'vitest'
import type { Hint, ReadEngine } from '../engine/engine.ts'
import { systemClock } from '../lib/clock.ts'
import { Line } from './line.ts'

// What waits in the line, and what a hint makes of it: no engine but its hints.
function stage() {
  const listeners = new Set<(hint: Hint) => void>()
  const watch: ReadEngine['watch'] = (listener) => {
    listeners.add(listener)
    return () => listeners.delete(listener)
  }
  const clock = { now: () => 0, after: () => () => {} } // nobody's time is up, and no backstop looks
  const line = new Line({ watch }, clock)
  const work: string[] = []
  let looks = 0
  const look = async () => {
    looks++
    const found = work.splice(0, 1)
    await Promise.resolve()
    return found
  }
  const never = new AbortController()
  const waits = (queues: string[], signal = never.signal) => line.wait(queues, look, 60_000, signal)
  const hint = (queues: string[] | null) => listeners.forEach((listener) => listener({ ids: null, queues }))
  return { waits, hint, work, listeners, looks: () => looks, leave: () => never.abort() }
}

const turns = async () => {
  for (let i = 0; i < 20; i++) await Promise.resolve()
}

test('two hundred idle workers and one job: a claim or two, and one of them has it', async () => {
  const { waits, hint, work, looks, leave } = stage()
  const all = Array.from({ length: 200 }, () => waits([]))
  await turns()
  const before = looks()
  work.push('job')
  hint(['default'])
  expect(await Promise.race(all)).toEqual(['job'])
  await turns()
  expect(looks() - before).toBeLessThanOrEqual(2)
  leave()
  expect((await Promise.all(all)).flat()).toEqual(['job'])
})

test('who was served wakes the next, so that no job waits for another hint', async () => {
  const { waits, hint, work, leave } = stage()
  const all = Array.from({ length: 5 }, () => waits(['a']))
  await turns()
  work.push('1', '2', '3')
  hint(['a'])
  await turns()
  await turns()
  leave()
  expect((await Promise.all(all)).flat().sort()).toEqual(['1', '2', '3'])
})

test('a hint wakes those who serve its queue, and nobody else', async () => {
  const { waits, hint, work, leave } = stage()
  const other = waits(['b'])
  await turns()
  work.push('job')
  hint(['a'])
  hint([])
  await turns()
  leave()
  expect(await other).toEqual([])
})

test('a hint that comes in the middle of a look is not lost', async () => {
  const { waits, hint, work, leave } = stage()
  const first = waits([])
  work.push('job') // the first look is under way, and has seen nothing
  hint(null)
  expect(await first).toEqual(['job'])
  leave()
})

test('the last to leave takes the subscription along', async () => {
  const { waits, listeners, leave } = stage()
  const all = [waits([]), waits(['a'])]
  expect(listeners.size).toBe(1)
  leave()
  await Promise.all(all)
  expect(listeners.size).toBe(0)
})

test('a look that fails is told to the one who looked, and the others wait on', async () => {
  const { listeners } = stage()
  const line = new Line({ watch: (one) => (listeners.add(one), () => listeners.delete(one)) }, systemClock)
  const away = new AbortController()
  const failing = line.wait([], () => Promise.reject(new Error('away')), 60_000, away.signal)
  await expect(failing).rejects.toThrow('away')
  expect(listeners.size).toBe(0)
})

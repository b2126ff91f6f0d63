// The measuring engine is the engine: nothing but the time of its calls is added.
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openEngine } from '../engines/registry.ts'
import { aJob } from './jobs.fixture.ts'
import type { Engine } from './engine.ts'
import { measured } from './measured.ts'

let real: Engine
const hears = { engineOp: (op: string, ms: number) => void told.push([op, ms]) }
const told: [string, number][] = []
beforeEach(async () => {
  told.splice(0)
  real = await openEngine('sqlite::memory:')
})
afterEach(() => real.close())

test('each call is told once, with its verb and its time, also when it fails', async () => {
  let time = 0
  const engine = measured(real, { now: () => (time += 5) }, hears)
  await expect(engine.insert([aJob()])).rejects.toThrow('no such table')
  await engine.migrate()
  await engine.insert([aJob({ id: 'a' })])
  expect(await engine.get(['a', 'b'])).toMatchObject([{ record: { id: 'a' } }, null])
  expect(told).toEqual([
    ['insert', 5],
    ['migrate', 5],
    ['insert', 5],
    ['get', 5],
  ])
})

test('what answers from memory is passed through, unmeasured', () => {
  const engine = measured(real, { now: () => 0 }, hears)
  expect([typeof engine.now(), typeof engine.stamp(), engine.can]).toEqual(['number', 'number', real.can])
  expect(told).toEqual([])
})

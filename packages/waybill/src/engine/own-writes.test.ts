// This process's own readers know of its writes before the writer is answered.
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openEngine } from '../engines/registry.ts'
import { completed } from '../job/decide.ts'
import { steadyClock } from '../lib/clock.ts'
import type { Engine } from './engine.ts'
import { aClaim, aJob } from './jobs.fixture.ts'
import { measured } from './measured.ts'
import { withOwnWritesTold } from './own-writes.ts'

let engine: Engine
const told: string[] = []
beforeEach(async () => {
  told.splice(0)
  const real = measured(await openEngine('sqlite::memory:'), steadyClock, { engineOp: () => undefined })
  engine = withOwnWritesTold(real, (id) => void told.push(id))
  await engine.migrate()
})
afterEach(() => engine.close())

test('claims, notes, ends and a purge by name are told', async () => {
  await engine.insert([aJob({ id: 'a' })])
  expect(told.splice(0)).toEqual([])
  const { fence, jobs } = await engine.claim(aClaim())
  expect(told.splice(0)).toEqual(['a'])
  await engine.note([{ id: 'a', fence, progress: 0.5 }])
  expect(told.splice(0)).toEqual(['a'])
  await engine.apply(jobs.map(({ record }) => completed(record, fence, null)))
  expect(told.splice(0)).toEqual(['a'])
  expect(await engine.purge(1, 'a')).toBe(1)
  expect(told).toEqual(['a'])
})

test('so is a write that failed: nobody knows what became of it', async () => {
  await engine.insert([aJob({ id: 'a' })])
  const { fence, jobs } = await engine.claim(aClaim())
  await engine.close()
  told.splice(0)
  await expect(engine.apply(jobs.map(({ record }) => completed(record, fence, null)))).rejects.toThrow('closed')
  expect(told).toEqual(['a'])
})

test('what is claimed with the ends of others is told too', async () => {
  await engine.insert([aJob({ id: 'a' }), aJob({ id: 'b' })])
  const { fence, jobs } = await engine.claim(aClaim({ max: 1 }))
  told.splice(0)
  await engine.apply(
    jobs.map(({ record }) => completed(record, fence, null)),
    aClaim({ claimId: 'next', max: 1 }),
  )
  expect(told).toEqual(['a', 'b'])
})

// What workers write down of their runs: together, little by little, and without taking anything from each other.
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Engine } from '../engine/engine.ts'
import { measured } from '../engine/measured.ts'
import { pastRuns, runsKind } from '../engine/past-runs.ts'
import { openEngine } from '../engines/registry.ts'
import { defineJob } from '../job/definition.ts'
import { aBench } from '../waybill.fixture.ts'
import { RunLog } from './run-log.ts'
import { aWorker } from './worker.fixture.ts'

let engine: Engine
beforeEach(async () => {
  engine = await openEngine('sqlite::memory:')
  await engine.migrate()
})
afterEach(() => engine.close())

/** A log whose time is moved by hand. */
function aLog(store: Pick<Engine, 'docs' | 'putDoc'> = engine) {
  const timers: (() => void)[] = []
  const troubles: unknown[] = []
  const clock = { now: () => 0, after: (_: number, fn: () => void) => (timers.push(fn), () => void timers.pop()) }
  const log = new RunLog({ engine: store, clock, troubled: (error) => void troubles.push(error) })
  return { log, timers, troubles }
}

async function known(type: string): Promise<number[]> {
  const [doc] = await engine.docs(runsKind, type)
  return pastRuns(doc).map(({ tookMs }) => tookMs)
}

const run = (endedAt: number, tookMs: number) => ({ endedAt, tookMs })

test('runs of a while are written together, newest first, each type by itself', async () => {
  const { log, timers } = aLog()
  log.add('a', run(1, 100))
  log.add('a', run(2, 200))
  log.add('b', run(3, 300))
  expect([timers.length, await known('a')]).toEqual([1, []])
  await log.write()
  expect([await known('a'), await known('b'), timers.length]).toEqual([[200, 100], [300], 0])
})

test('two workers add to the same runs', async () => {
  const [one, other] = [aLog(), aLog()]
  one.log.add('a', run(1, 100))
  other.log.add('a', run(2, 200))
  await one.log.write()
  await other.log.write()
  expect(await known('a')).toEqual([200, 100])
})

test('no more than fifty are kept, the newest', async () => {
  const { log } = aLog()
  for (let i = 0; i < 300; i++) log.add('a', run(i, i))
  await log.write()
  expect(await known('a')).toEqual(Array.from({ length: 50 }, (_, i) => 299 - i))
})

test('what another worker wrote between the read and the write is kept, and ours is written the next time', async () => {
  const racing: Pick<Engine, 'docs' | 'putDoc'> = {
    docs: async (kind, key) => {
      const found = await engine.docs(kind, key)
      if (found.length === 0) await other.log.write()
      return found
    },
    putDoc: (...given) => engine.putDoc(...given),
  }
  const [ours, other] = [aLog(racing), aLog()]
  other.log.add('a', run(2, 200))
  ours.log.add('a', run(1, 100))
  await ours.log.write()
  expect(await known('a')).toEqual([200])
  await ours.log.write()
  expect(await known('a')).toEqual([200, 100])
})

test('a store that is away is tried again, and nothing is thrown', async () => {
  let away = true
  const store: Pick<Engine, 'docs' | 'putDoc'> = {
    docs: (...given) => (away ? Promise.reject(new Error('away')) : engine.docs(...given)),
    putDoc: (...given) => engine.putDoc(...given),
  }
  const { log, troubles } = aLog(store)
  log.add('a', run(1, 100))
  await log.write()
  away = false
  await log.write()
  expect([troubles.length, await known('a')]).toEqual([1, [100]])
})

test('a log that was stopped writes no more', async () => {
  const { log, timers } = aLog()
  log.add('a', run(1, 100))
  await log.stop()
  log.add('a', run(2, 100))
  expect(timers).toEqual([])
})

test('a worker writes down the runs that completed, and no others', async () => {
  const good = defineJob({ type: 'good', run: () => null })
  const bad = defineJob({ type: 'bad', retry: { attempts: 1 }, run: () => Promise.reject(new Error('no')) })
  const bench = await aBench({ jobs: [good, bad] })
  const { clock } = bench.parts
  const soon = (ms: number) => (ms === 5_000 ? 1 : ms)
  const { promise: written, resolve } = Promise.withResolvers<void>()
  const told = { engineOp: (op: string) => (op === 'put_doc' ? resolve() : undefined) }
  const worker = aWorker(bench, {
    engine: measured(bench.engine, clock, told),
    clock: { now: () => clock.now(), after: (ms, ...more) => clock.after(soon(ms), ...more) },
  })
  await bench.waybill.enqueue(bad, null)
  await bench.waybill.enqueue(good, null)
  await worker.start()
  await written
  expect((await bench.engine.docs(runsKind)).map(({ key, body }) => [key, pastRuns({ body }).length])).toEqual([
    ['good', 1],
  ])
  await worker.stop()
  await bench.close()
})

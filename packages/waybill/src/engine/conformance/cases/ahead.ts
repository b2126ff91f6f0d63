// ahead: how many jobs a claim would take before this one. An engine that cannot say so cheaply leaves the verb out, and
// nothing is asked of it here.
import assert from 'node:assert/strict'
import { cancel, failed, released } from '../../../job/decide.ts'
import { aClaim, aJob, decided, half, oops, recordOf, type Case } from '../subject.ts'

export const aheadCases: Case[] = [
  {
    name: 'before a pending job are those of its queue with a higher priority, and the older ones of the same',
    async run({ engine }) {
      if (!engine.ahead) return
      const spec = { low: 1, a: 5, b: 5, high: 10 }
      await engine.insert(Object.entries(spec).map(([id, priority]) => aJob({ id, priority })))
      await engine.insert([aJob({ id: 'other', queue: 'elsewhere', priority: 9 })])
      assert.deepEqual(await engine.ahead(['low', 'a', 'b', 'high', 'other', 'b']), [3, 1, 2, 0, 0, 2])
    },
  },
  {
    name: 'jobs that are claimed or cancelled are before nobody, one that was given back queues behind',
    async run({ engine }) {
      if (!engine.ahead) return
      await engine.insert(['a', 'b', 'c', 'd'].map((id) => aJob({ id })))
      await engine.apply([decided(cancel(await recordOf(engine, 'b')))])
      assert.deepEqual(await engine.ahead(['a', 'c', 'd']), [0, 1, 2])
      const { jobs, fence } = await engine.claim(aClaim({ max: 1 }))
      assert.deepEqual(await engine.ahead(['c', 'd']), [0, 1])
      await engine.apply(jobs.map(({ record }) => released(record, fence, 'test')))
      assert.deepEqual(await engine.ahead(['a', 'c', 'd']), [2, 0, 1])
    },
  },
  {
    name: 'a job that is not pending, or not there, is in no queue; a pause keeps the order',
    async run({ engine }) {
      if (!engine.ahead) return
      await engine.insert(['a', 'b', 'c'].map((id) => aJob({ id })))
      const { jobs, fence } = await engine.claim(aClaim({ max: 2 }))
      await engine.apply(jobs.slice(1).map(({ record }) => failed(record, fence, oops, half, { delayMs: 60_000 })))
      await engine.putDoc('queue', 'default', { paused: true }, null)
      assert.deepEqual(await engine.ahead(['a', 'b', 'c', 'never']), [null, null, 0, null])
      assert.deepEqual(await engine.ahead([]), [])
    },
  },
  {
    name: 'nobody counts further than a thousand jobs',
    async run({ engine }) {
      if (!engine.ahead) return
      await engine.insert(Array.from({ length: 1_001 }, (_, i) => aJob({ id: `n${i}` })))
      assert.deepEqual(await engine.ahead(['n0', 'n999', 'n1000']), [0, 999, null])
      await engine.insert([aJob({ id: 'urgent', priority: 9 })])
      assert.deepEqual(await engine.ahead(['urgent', 'n998', 'n999']), [0, 999, null])
    },
  },
]

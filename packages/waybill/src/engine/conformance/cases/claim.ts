// claim: who gets which job, under which fence, and what a lost reply costs (nothing).
import assert from 'node:assert/strict'
import { cancel, completed, due, failed, released } from '../../../job/decide.ts'
import {
  about,
  aClaim,
  aJob,
  decided,
  half,
  idsOf,
  leaseMs,
  oops,
  recordOf,
  running,
  whole,
  type Case,
} from '../subject.ts'

export const claimCases: Case[] = [
  {
    name: 'a claimed job is processing, at the next rev, under a lease of its worker',
    async run({ engine }) {
      const job = aJob()
      await engine.insert([job])
      const { jobs, fence } = await engine.claim(aClaim())
      assert.deepEqual([jobs[0]?.inputJson, jobs[0]?.steps], ['{"n":1}', []])
      const { record, timeline } = await whole(engine, job.spec.id)
      assert.deepEqual([record.status, record.rev, record.attempt, record.fence], ['processing', 2, 1, fence])
      about(record.startedAt, engine.now())
      assert.deepEqual([record.lease?.workerId, record.lease?.fence, record.lease?.held], ['worker-1', fence, false])
      about(record.lease?.expiresAt ?? null, engine.now() + leaseMs)
      const since = [record.updatedAt, record.lease?.startedAt, record.lease?.heartbeatAt, timeline[1]?.at]
      for (const time of since) assert.equal(time, record.startedAt)
      assert.deepEqual(
        timeline.map(({ seq, type }) => [seq, type]),
        [
          [1, 'created'],
          [2, 'claimed'],
        ],
      )
      assert.deepEqual(timeline[1]?.data, { attempt: 1, fence, worker_id: 'worker-1' })
    },
  },
  {
    name: 'what a claim hands out is the record as readers see it',
    async run({ engine }) {
      const { id, record } = await running(engine, { title: 'T', tags: ['x'], metadata: { a: 1 } })
      const { input: _, ...shown } = await recordOf(engine, id)
      assert.deepEqual(record, shown)
    },
  },
  {
    name: 'an empty store, or a claim for none, gives no job and burns no attempt',
    async run({ engine }) {
      assert.deepEqual((await engine.claim(aClaim())).jobs, [])
      await engine.insert([aJob({ id: 'a' })])
      assert.deepEqual((await engine.claim(aClaim({ max: 0 }))).jobs, [])
      assert.equal((await recordOf(engine, 'a')).status, 'pending')
    },
  },
  {
    name: 'a claim gives at most as many jobs as it asks for',
    async run({ engine }) {
      await engine.insert(Array.from({ length: 5 }, () => aJob()))
      assert.equal((await engine.claim(aClaim({ max: 3 }))).jobs.length, 3)
      assert.equal((await engine.claim(aClaim({ max: 1_000 }))).jobs.length, 2)
    },
  },
  {
    name: 'higher priority first, then first in, first out; a job that is given back queues behind',
    async run({ engine }) {
      const spec = { low: 1, a: 5, b: 5, high: 10, none: 0 }
      await engine.insert(Object.entries(spec).map(([id, priority]) => aJob({ id, priority })))
      const first = await engine.claim(aClaim({ max: 2 }))
      assert.deepEqual(idsOf(first), ['high', 'a'])
      await engine.apply(first.jobs.map(({ record }) => released(record, first.fence, 'test')))
      assert.deepEqual(idsOf(await engine.claim(aClaim())), ['high', 'b', 'a', 'low', 'none'])
    },
  },
  {
    name: 'a job whose time has come queues behind those that were there, in the order of their return',
    async run({ engine, advance }) {
      await engine.insert(['a', 'b', 'c'].map((id) => aJob({ id })))
      const { jobs, fence } = await engine.claim(aClaim({ max: 2 }))
      for (const { record } of jobs.toReversed())
        await engine.apply([failed(record, fence, oops, half, { delayMs: 1_000 })])
      await engine.insert([aJob({ id: 'd' })])
      advance(1_000)
      for (const id of ['b', 'a']) await engine.apply([due(await recordOf(engine, id))])
      assert.deepEqual(idsOf(await engine.claim(aClaim())), ['c', 'd', 'b', 'a'])
    },
  },
  {
    name: 'only the queues named are served, in the order named, and paused ones not at all',
    async run({ engine }) {
      await engine.insert([
        aJob({ id: 'x1', queue: 'x' }),
        aJob({ id: 'y1', queue: 'y', priority: 1 }),
        aJob({ id: 'z1', queue: 'z' }),
        aJob({ id: 'x2', queue: 'x' }),
      ])
      await engine.putDoc('queue', 'z', { paused: true }, null)
      assert.deepEqual(idsOf(await engine.claim(aClaim({ queues: ['y', 'z', 'nowhere', 'x'] }))), ['y1', 'x1', 'x2'])
      assert.deepEqual(idsOf(await engine.claim(aClaim())), [])
      await engine.putDoc('queue', 'z', { paused: false }, null)
      assert.deepEqual(idsOf(await engine.claim(aClaim())), ['z1'])
    },
  },
  {
    name: 'a queue that is named twice is served once, where it was named first',
    async run({ engine }) {
      await engine.insert([aJob({ id: 'x', queue: 'x' }), aJob({ id: 'y', queue: 'y' })])
      assert.deepEqual(idsOf(await engine.claim(aClaim({ queues: ['y', 'x', 'y'] }))), ['y', 'x'])
    },
  },
  {
    name: 'across queues that are not named, priority and age decide',
    async run({ engine }) {
      await engine.insert([
        aJob({ id: 'b1', queue: 'b' }),
        aJob({ id: 'a1', queue: 'a' }),
        aJob({ id: 'a2', queue: 'a', priority: 9 }),
        aJob({ id: 'b2', queue: 'b' }),
      ])
      assert.deepEqual(idsOf(await engine.claim(aClaim({ max: 3 }))), ['a2', 'b1', 'a1'])
      assert.deepEqual(idsOf(await engine.claim(aClaim())), ['b2'])
    },
  },
  {
    name: 'across queues, what a job that left had of age is lent to nobody behind it',
    async run({ engine }) {
      await engine.insert([
        aJob({ id: 'a1', queue: 'a' }),
        aJob({ id: 'b1', queue: 'b' }),
        aJob({ id: 'a2', queue: 'a' }),
      ])
      await engine.apply([decided(cancel(await recordOf(engine, 'a1')))])
      assert.deepEqual(idsOf(await engine.claim(aClaim())), ['b1', 'a2'])
    },
  },
  {
    name: 'a queue whose document is deleted is no longer paused',
    async run({ engine }) {
      await engine.insert([aJob({ id: 'a', queue: 'q' })])
      await engine.putDoc('queue', 'q', { paused: true }, null)
      await engine.putDoc('queue', 'q', null, null)
      assert.deepEqual(idsOf(await engine.claim(aClaim())), ['a'])
    },
  },
  {
    name: 'fences rise from claim to claim, whoever claims, also after every lease has ended',
    async run({ engine }) {
      await engine.insert(Array.from({ length: 4 }, () => aJob()))
      const fences: number[] = []
      for (const workerId of ['w1', 'w2', 'w1', 'w2']) {
        const { fence, jobs } = await engine.claim(aClaim({ workerId, max: 1 }))
        await engine.apply(jobs.map(({ record }) => completed(record, fence, null)))
        fences.push(fence)
      }
      assert.ok(
        fences.every((fence, i) => fence > (fences[i - 1] ?? 0)),
        `fences do not rise: ${fences.join(' ')}`,
      )
    },
  },
  {
    name: 'a claim may travel with the outcomes of the one before',
    async run({ engine }) {
      await engine.insert([aJob({ id: 'a' }), aJob({ id: 'b' })])
      const first = await engine.claim(aClaim({ max: 1 }))
      const outcome = first.jobs.map(({ record }) => completed(record, first.fence, 1))
      const { applied, claimed } = await engine.apply(outcome, aClaim())
      assert.equal(applied[0]?.outcome, 'applied')
      assert.deepEqual(claimed && idsOf(claimed), ['b'])
      assert.equal((await engine.apply([])).claimed, null)
    },
  },
  {
    name: 'what is released in one call may be claimed again in the same one',
    async run({ engine }) {
      const { record, fence, id } = await running(engine)
      const { claimed } = await engine.apply([released(record, fence, 'test')], aClaim())
      assert.deepEqual(claimed && idsOf(claimed), [id])
      assert.ok((claimed?.fence ?? 0) > fence)
    },
  },
]

// claim: who gets which job, under which fence, and what a lost reply costs (nothing).
import assert from 'node:assert/strict'
import { completed, released } from '../../../job/decide.ts'
import { aClaim, aJob, whole, type Case } from '../subject.ts'

const ids = (claimed: { jobs: { record: { id: string } }[] }) => claimed.jobs.map(({ record }) => record.id)

export const claimCases: Case[] = [
  {
    name: 'a claimed job is processing, at the next rev, under a lease of its worker',
    async run({ engine }) {
      const job = aJob()
      await engine.insert([job])
      const { jobs, fence } = await engine.claim(aClaim())
      assert.equal(jobs[0]?.inputJson, '{"n":1}')
      const { record, timeline } = await whole(engine, job.spec.id)
      assert.deepEqual([record.status, record.rev, record.attempt, record.fence], ['processing', 2, 1, fence])
      assert.deepEqual([record.lease?.workerId, record.lease?.fence, record.lease?.held], ['worker-1', fence, false])
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
    name: 'an empty store, or a claim for none, gives no job',
    async run({ engine }) {
      assert.deepEqual((await engine.claim(aClaim())).jobs, [])
      await engine.insert([aJob()])
      assert.deepEqual((await engine.claim(aClaim({ max: 0 }))).jobs, [])
    },
  },
  {
    name: 'higher priority first, then first in, first out; a job that comes back queues behind',
    async run({ engine }) {
      await engine.insert([
        aJob({ id: 'low', priority: 1 }),
        aJob({ id: 'a' }),
        aJob({ id: 'b' }),
        aJob({ id: 'high', priority: 10 }),
      ])
      const first = await engine.claim(aClaim({ max: 2 }))
      assert.deepEqual(ids(first), ['high', 'a'])
      const back = first.jobs.map(({ record }) => released(record, first.fence, 'test'))
      await engine.apply(back)
      assert.deepEqual(ids(await engine.claim(aClaim())), ['high', 'b', 'a', 'low'])
    },
  },
  {
    name: 'only the queues named are served, in the order named, and paused ones not at all',
    async run({ engine }) {
      await engine.insert([
        aJob({ id: 'x1', queue: 'x' }),
        aJob({ id: 'y1', queue: 'y', priority: 10 }),
        aJob({ id: 'z1', queue: 'z' }),
        aJob({ id: 'x2', queue: 'x' }),
      ])
      await engine.putDoc('queue', 'z', { paused: true }, null)
      assert.deepEqual(ids(await engine.claim(aClaim({ queues: ['x', 'z', 'y'] }))), ['x1', 'x2', 'y1'])
      assert.deepEqual(ids(await engine.claim(aClaim())), [])
      await engine.putDoc('queue', 'z', { paused: false }, null)
      assert.deepEqual(ids(await engine.claim(aClaim())), ['z1'])
    },
  },
  {
    name: 'fences rise from claim to claim, whoever claims',
    async run({ engine }) {
      await engine.insert(Array.from({ length: 4 }, () => aJob()))
      const fences: number[] = []
      for (const workerId of ['w1', 'w2', 'w1', 'w2'])
        fences.push((await engine.claim(aClaim({ workerId, max: 1 }))).fence)
      assert.deepEqual(
        fences,
        fences.toSorted((a, b) => a - b),
      )
      assert.equal(new Set(fences).size, 4)
    },
  },
  {
    name: 'the same claim id again answers the same leases: a lost reply burns nothing',
    async run({ engine }) {
      await engine.insert([aJob(), aJob(), aJob()])
      const request = aClaim({ max: 2 })
      const first = await engine.claim(request)
      const again = await engine.claim(request)
      assert.deepEqual([again.fence, ids(again)], [first.fence, ids(first)])
      const [one] = first.jobs
      if (one) await engine.apply([completed(one.record, first.fence, null)])
      assert.deepEqual(ids(await engine.claim(request)), ids(first).slice(1))
      assert.equal((await engine.count({})).pending, 1)
    },
  },
  {
    name: 'jobs beyond `begins` are held until the worker says that it has begun them',
    async run({ engine }) {
      await engine.insert([aJob({ id: 'a' }), aJob({ id: 'b' }), aJob({ id: 'c' })])
      const { fence } = await engine.claim(aClaim({ begins: 1 }))
      const held = async () =>
        Promise.all(['a', 'b', 'c'].map(async (id) => (await whole(engine, id)).record.lease?.held))
      assert.deepEqual(await held(), [false, true, true])
      await engine.claim(aClaim({ max: 0, begun: [{ fence, begun: 2 }] }))
      assert.deepEqual(await held(), [false, false, true])
      await engine.extend({ workerId: 'worker-1', leaseMs: 1_000, leases: [{ fence, begun: 3 }], jobs: [] })
      assert.deepEqual(await held(), [false, false, false])
    },
  },
  {
    name: 'a claim may travel with the outcomes of the one before',
    async run({ engine }) {
      await engine.insert([aJob({ id: 'a' }), aJob({ id: 'b' })])
      const first = await engine.claim(aClaim({ max: 1 }))
      const { applied, claimed } = await engine.apply(
        first.jobs.map(({ record }) => completed(record, first.fence, 1)),
        aClaim(),
      )
      assert.equal(applied[0]?.outcome, 'applied')
      assert.deepEqual(claimed && ids(claimed), ['b'])
    },
  },
  {
    name: 'two handles that claim at once never get the same job',
    needs: 'another',
    async run({ engine, another }) {
      const other = await another?.()
      if (!other) return
      await engine.insert(Array.from({ length: 60 }, () => aJob()))
      const claims = Array.from({ length: 12 }, (_, i) =>
        (i % 2 ? engine : other).claim(aClaim({ max: 7, workerId: `w${i}` })),
      )
      const got = (await Promise.all(claims)).flatMap(ids)
      assert.equal(got.length, 60)
      assert.equal(new Set(got).size, 60)
      await other.close()
    },
  },
]

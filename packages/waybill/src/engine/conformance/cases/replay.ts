// Claims whose reply was lost, and jobs that are leased but not begun.
import assert from 'node:assert/strict'
import { completed, leaseRanOut } from '../../../job/decide.ts'
import type { Engine } from '../../engine.ts'
import { aClaim, aJob, half, idsOf, leaseMs, recordOf, type Case } from '../subject.ts'

const heldOf = (engine: Engine, ids: string[]) =>
  Promise.all(ids.map(async (id) => (await recordOf(engine, id)).lease?.held))

export const replayCases: Case[] = [
  {
    name: 'the same claim id again answers the same leases: a lost reply burns nothing',
    async run({ engine }) {
      await engine.insert([1, 5, 9].map((priority) => aJob({ priority })))
      const request = aClaim({ max: 2 })
      const first = await engine.claim(request)
      assert.deepEqual(await engine.claim(request), first)
      const [one] = first.jobs
      if (one) await engine.apply([completed(one.record, first.fence, null)])
      assert.deepEqual(idsOf(await engine.claim(request)), idsOf(first).slice(1))
      assert.equal((await engine.count({})).pending, 1)
    },
  },
  {
    name: 'once nothing is left of a claim, its id claims anew',
    async run({ engine }) {
      await engine.insert([aJob(), aJob()])
      const request = aClaim({ max: 1 })
      const first = await engine.claim(request)
      await engine.apply(first.jobs.map(({ record }) => completed(record, first.fence, null)))
      const second = await engine.claim(request)
      assert.equal(second.jobs.length, 1)
      assert.ok(second.fence > first.fence)
    },
  },
  {
    name: 'claim ids are the worker’s own: another worker’s equal id is another claim',
    async run({ engine }) {
      await engine.insert([aJob(), aJob()])
      const ids = ['w1', 'w2'].map((workerId) => aClaim({ workerId, claimId: 'mine', max: 1 }))
      const claims = await Promise.all(ids.map((request) => engine.claim(request)))
      assert.equal(new Set(claims.flatMap(idsOf)).size, 2)
      const again = await Promise.all(ids.map((request) => engine.claim(request)))
      assert.deepEqual(again.map(idsOf), claims.map(idsOf))
    },
  },
  {
    name: 'jobs beyond `begins` are held until the worker says that it has begun them',
    async run({ engine }) {
      await engine.insert([aJob({ id: 'a' }), aJob({ id: 'b' }), aJob({ id: 'c' })])
      const { fence, jobs } = await engine.claim(aClaim({ begins: 1 }))
      assert.deepEqual(
        jobs.map(({ record }) => record.lease?.held),
        [false, true, true],
      )
      assert.deepEqual(await heldOf(engine, ['a', 'b', 'c']), [false, true, true])
      await engine.claim(aClaim({ max: 0, begun: [{ fence, begun: 2 }] }))
      assert.deepEqual(await heldOf(engine, ['a', 'b', 'c']), [false, false, true])
      await engine.extend({ workerId: 'worker-1', leaseMs, leases: [{ fence, begun: 3 }], jobs: [] })
      assert.deepEqual(await heldOf(engine, ['a', 'b', 'c']), [false, false, false])
    },
  },
  {
    name: 'what was begun stays begun, whatever an older message says',
    async run({ engine }) {
      await engine.insert([aJob({ id: 'a' }), aJob({ id: 'b' })])
      const { fence } = await engine.claim(aClaim({ begins: 2 }))
      await engine.extend({ workerId: 'worker-1', leaseMs, leases: [{ fence, begun: 1 }], jobs: [] })
      assert.deepEqual(await heldOf(engine, ['a', 'b']), [false, false])
    },
  },
  {
    name: 'places in a claim stay what they were when its first jobs have ended',
    async run({ engine }) {
      await engine.insert([aJob({ id: 'a' }), aJob({ id: 'b' }), aJob({ id: 'c' })])
      const { fence, jobs } = await engine.claim(aClaim({ begins: 2 }))
      await engine.apply(jobs.slice(0, 1).map(({ record }) => completed(record, fence, null)))
      assert.deepEqual(await heldOf(engine, ['b', 'c']), [false, true])
    },
  },
  {
    name: 'a held job goes back free of charge when its worker vanishes, a begun one is charged a loss',
    async run({ engine, advance }) {
      await engine.insert([aJob({ id: 'begun' }), aJob({ id: 'held' })])
      await engine.claim(aClaim({ begins: 1 }))
      advance(leaseMs)
      await engine.apply((await engine.due('lease', 10)).map((job) => leaseRanOut(job, 'err', half)))
      const [begun, held] = [await recordOf(engine, 'begun'), await recordOf(engine, 'held')]
      assert.deepEqual([begun.status, begun.losses, begun.attempt], ['pending', 1, 1])
      assert.deepEqual([held.status, held.losses, held.attempt], ['pending', 0, 0])
    },
  },
]

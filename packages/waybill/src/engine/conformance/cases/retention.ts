// purge: what becomes of ended jobs once nobody is to ask for them any more.
import assert from 'node:assert/strict'
import { completed, failed, released, retried } from '../../../job/decide.ts'
import { tombstoneMs } from '../../../job/policy.ts'
import type { Engine } from '../../engine.ts'
import { aClaim, aJob, decided, half, idsOf, oops, outcomeOf, recordOf, running, type Case } from '../subject.ts'

const day = 86_400_000
const gone = { gone: true, userId: 'ada' }

async function finished(engine: Engine, id: string): Promise<void> {
  await engine.insert([aJob({ id })])
  await finish(engine, id)
}

async function finish(engine: Engine, id: string): Promise<void> {
  const { jobs, fence } = await engine.claim(aClaim())
  assert.deepEqual(
    jobs.map(({ record }) => record.id),
    [id],
  )
  await engine.apply(jobs.map(({ record }) => completed(record, fence, null)))
}

export const retentionCases: Case[] = [
  {
    name: 'an ended job past its time is purged, answers as gone with its owner, and is forgotten in the end',
    async run({ engine, advance }) {
      await finished(engine, 'old')
      assert.equal(await engine.purge(10), 0)
      advance(day)
      assert.equal(await engine.purge(10), 1)
      assert.deepEqual(await engine.get(['old']), [gone])
      assert.deepEqual(await engine.revs(['old']), [null])
      assert.deepEqual((await engine.list({ filter: {}, limit: 10 })).records, [])
      assert.equal((await engine.count({})).completed, 0)
      assert.equal((await engine.insert([aJob({ id: 'old' })]))[0]?.outcome, 'id_taken')
      advance(tombstoneMs)
      assert.deepEqual(await engine.get(['old']), [null])
      assert.equal((await engine.insert([aJob({ id: 'old' })]))[0]?.outcome, 'created')
      assert.equal(await engine.purge(10), 0)
      assert.equal((await recordOf(engine, 'old')).rev, 1)
      await finish(engine, 'old')
      assert.equal(await engine.purge(1, 'old'), 1)
      assert.deepEqual(await engine.get(['old']), [gone])
    },
  },
  {
    name: 'purging goes by limit, the longest overdue first, and leaves what has not ended',
    async run({ engine, advance }) {
      await engine.insert(['second', 'first'].map((id) => aJob({ id })))
      const { jobs, fence } = await engine.claim(aClaim())
      for (const { record } of jobs.toReversed()) {
        await engine.apply([completed(record, fence, null)])
        advance(1_000)
      }
      await engine.insert([aJob({ id: 'alive' })])
      advance(day)
      assert.equal(await engine.purge(1), 1)
      assert.deepEqual(await engine.revs(['first', 'second', 'alive']), [null, 3, 1])
      assert.deepEqual([await engine.purge(10), await engine.purge(10)], [1, 0])
    },
  },
  {
    name: 'failed jobs are kept longer',
    async run({ engine, advance }) {
      const { id, record, fence } = await running(engine)
      await engine.apply([failed(record, fence, oops, half, 'never')])
      advance(6 * day)
      assert.equal(await engine.purge(10), 0)
      advance(day)
      assert.equal(await engine.purge(10), 1)
      assert.deepEqual(await engine.get([id]), [gone])
    },
  },
  {
    name: 'one ended job can be purged by its id, one that has not ended or never was cannot',
    async run({ engine }) {
      await finished(engine, 'ended')
      await engine.insert([aJob({ id: 'alive' })])
      assert.deepEqual([await engine.purge(1, 'alive'), await engine.purge(1, 'nobody')], [0, 0])
      assert.deepEqual([await engine.purge(1, 'ended'), await engine.purge(1, 'ended')], [1, 0])
      assert.deepEqual(await engine.get(['ended']), [gone])
      assert.equal((await recordOf(engine, 'alive')).status, 'pending')
    },
  },
  {
    name: 'nothing can be written to a job that was purged, and its logs and steps are gone',
    async run({ engine }) {
      const { id, record, fence } = await running(engine)
      const step = { key: 's', status: 'completed' as const, attempt: 1, startedAt: 1, result: 1 }
      const line = { level: 'info' as const, message: 'm', fields: null, attempt: 1, audience: 'owner' as const }
      await engine.note([{ id, fence, steps: [step], logs: [line] }])
      await engine.apply([completed(record, fence, null)])
      const retry = decided(retried(await recordOf(engine, id)))
      await engine.purge(1, id)
      assert.equal(await outcomeOf(engine, retry), 'missing')
      assert.deepEqual(await engine.note([{ id, fence, progress: 0.5 }]), ['lost'])
      assert.deepEqual(await engine.logs(id, 0, 10), [])
      assert.deepEqual(await engine.get([id], { steps: true, timeline: true }), [gone])
    },
  },
  {
    name: 'purging leaves the order of the jobs that wait as it was, and the order in lists',
    async run({ engine }) {
      await engine.insert(['back', 'ended'].map((id) => aJob({ id })))
      const { jobs, fence } = await engine.claim(aClaim())
      const [back, ended] = jobs
      if (!back || !ended) throw new Error('two jobs were expected')
      await engine.apply([completed(ended.record, fence, null), released(back.record, fence, 'test')])
      const page = await engine.list({ filter: {}, limit: 1, oldestFirst: true })
      await engine.purge(1, 'ended')
      await engine.insert([aJob({ id: 'new' })])
      const rest = await engine.list({ filter: {}, limit: 9, oldestFirst: true, after: page.next })
      assert.deepEqual(
        rest.records.map(({ id }) => id),
        ['new'],
      )
      assert.deepEqual(idsOf(await engine.claim(aClaim())), ['back', 'new'])
    },
  },
]

// apply: a Change is written, with its timeline entry and the next rev, only if the job still meets what it expects.
import assert from 'node:assert/strict'
import type { Change } from '../../../job/change.ts'
import { cancel, completed, due, expired, failed, released } from '../../../job/decide.ts'
import {
  about,
  aClaim,
  aJob,
  decided,
  half,
  leaseMs,
  oops,
  outcomeOf,
  recordOf,
  running,
  whole,
  type Case,
} from '../subject.ts'

export const applyCases: Case[] = [
  {
    name: 'a completed job keeps its result, its times and its whole story',
    async run({ engine, advance }) {
      const { id, record, fence } = await running(engine)
      advance(90_000)
      const { applied } = await engine.apply([completed(record, fence, { url: 'https://example.org' })])
      const [answer] = applied
      assert.ok(answer?.outcome === 'applied' && answer.rev === 3)
      about(answer.at, engine.now())
      const { record: after, timeline } = await whole(engine, id)
      assert.deepEqual([after.status, after.progress, after.lease], ['completed', 1, null])
      assert.deepEqual(after.result, { url: 'https://example.org' })
      about((after.completedAt ?? 0) - (after.startedAt ?? 0), 90_000)
      assert.equal(after.expiresAt, (after.completedAt ?? 0) + record.policy.retentionMs)
      assert.deepEqual(
        timeline.map(({ seq, type }) => [seq, type]),
        [
          [1, 'created'],
          [2, 'claimed'],
          [3, 'completed'],
        ],
      )
    },
  },
  {
    name: 'a result of null, of false and of half a megabyte is kept as it is',
    async run({ engine }) {
      for (const result of [null, false, 'ü'.repeat(250_000)]) {
        const { id, record, fence } = await running(engine)
        await engine.apply([completed(record, fence, result)])
        assert.equal((await recordOf(engine, id)).result, result)
      }
    },
  },
  {
    name: 'a write under another fence is lost, one for nobody is missing, and neither changes anything',
    async run({ engine }) {
      const { id, record, fence } = await running(engine)
      const before = await whole(engine, id)
      const changes = [completed(record, fence + 1, 'x'), completed({ ...record, id: 'nobody' }, fence, 'x')]
      const { applied } = await engine.apply(changes)
      assert.deepEqual(
        applied.map(({ outcome }) => outcome),
        ['lost', 'missing'],
      )
      assert.deepEqual(await whole(engine, id), before)
      assert.deepEqual((await engine.apply([])).applied, [])
    },
  },
  {
    name: 'after the end, whatever the attempt still says is refused',
    async run({ engine }) {
      const { id, record, fence } = await running(engine)
      await engine.apply([completed(record, fence, 'first')])
      const before = await whole(engine, id)
      const late = [completed(record, fence, 'second'), failed(record, fence, oops, half), released(record, fence, 'x')]
      for (const change of late) assert.equal(await outcomeOf(engine, change), 'lost', change.event.type)
      assert.deepEqual(await engine.note([{ id, fence, progress: 0.1 }]), ['lost'])
      assert.deepEqual(await engine.extend({ workerId: 'worker-1', leaseMs: 9, leases: [], jobs: [{ id, fence }] }), {
        lost: [id],
        cancel: [],
      })
      assert.deepEqual(await whole(engine, id), before)
    },
  },
  {
    name: 'of two ends of one attempt in the same call, the first counts',
    async run({ engine }) {
      const { id, record, fence } = await running(engine)
      const { applied } = await engine.apply([completed(record, fence, 'first'), completed(record, fence, 'second')])
      assert.deepEqual(
        applied.map(({ outcome }) => outcome),
        ['applied', 'lost'],
      )
      assert.equal((await recordOf(engine, id)).result, 'first')
    },
  },
  {
    name: 'one change that is refused takes none of its neighbours down',
    async run({ engine }) {
      const a = await running(engine)
      const b = await running(engine)
      const { applied } = await engine.apply([completed(a.record, a.fence + 100, 1), completed(b.record, b.fence, 2)])
      assert.deepEqual(
        applied.map(({ outcome }) => outcome),
        ['lost', 'applied'],
      )
      assert.equal((await recordOf(engine, b.id)).result, 2)
    },
  },
  {
    name: 'a worker that was taken for dead cannot end the job of its successor',
    async run({ engine }) {
      const first = await running(engine)
      await engine.apply([released(first.record, first.fence, 'taken over')])
      const { jobs, fence } = await engine.claim(aClaim({ workerId: 'worker-2' }))
      assert.deepEqual(
        jobs.map(({ record }) => record.id),
        [first.id],
      )
      assert.equal(await outcomeOf(engine, completed(first.record, first.fence, 'late')), 'lost')
      assert.deepEqual(await engine.note([{ id: first.id, fence: first.fence, progress: 0.9 }]), ['lost'])
      assert.equal((await recordOf(engine, first.id)).progress, null)
      for (const { record } of jobs) assert.equal(await outcomeOf(engine, completed(record, fence, 'right')), 'applied')
      assert.equal((await recordOf(engine, first.id)).result, 'right')
    },
  },
  {
    name: 'all that a change expects must hold, each part by itself',
    async run({ engine, advance }) {
      const { id, record, fence } = await running(engine)
      const end = completed(record, fence, 'x')
      const outcome = (expect: Change['expect']) => outcomeOf(engine, { ...end, expect })
      assert.equal(await outcome({ fence, rev: 1 }), 'lost')
      assert.equal(await outcome({ fence: fence + 1, rev: 2 }), 'lost')
      assert.equal(await outcome({ fence, cancelRequested: true }), 'changed')
      assert.equal(await outcome({ fence, leaseExpired: true }), 'changed')
      assert.equal((await recordOf(engine, id)).rev, 2)
      advance(leaseMs)
      assert.equal(await outcome({ fence, rev: 2, cancelRequested: false, leaseExpired: true }), 'applied')
    },
  },
  {
    name: 'a change that expects a rev is refused once the job has moved',
    async run({ engine }) {
      await engine.insert([aJob({ id: 'a' })])
      const seen = await recordOf(engine, 'a')
      await engine.claim(aClaim())
      for (const change of [decided(cancel(seen)), due(seen), expired(seen, 'err')])
        assert.equal(await outcomeOf(engine, change), 'lost', change.event.type)
      assert.equal((await recordOf(engine, 'a')).status, 'processing')
    },
  },
]

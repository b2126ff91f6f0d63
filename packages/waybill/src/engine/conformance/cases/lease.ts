// Leases: renewed by heartbeats, taken back once they have run out; and the cancelling of what runs.
import assert from 'node:assert/strict'
import { crashed } from '../../../job/crash.ts'
import { cancel, completed, failed, graceOver, leaseRanOut, released, stopped } from '../../../job/decide.ts'
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

const worker = 'worker-1'

export const leaseCases: Case[] = [
  {
    name: 'a heartbeat renews the lease, and shows nowhere as a change',
    async run({ engine, advance }) {
      const { id, fence } = await running(engine)
      const before = await whole(engine, id)
      advance(10_000)
      const leases = [{ fence, begun: 1 }]
      assert.deepEqual(await engine.extend({ workerId: worker, leaseMs, leases, jobs: [{ id, fence }] }), {
        lost: [],
        cancel: [],
      })
      const { record, timeline } = await whole(engine, id)
      about(record.lease?.expiresAt ?? null, engine.now() + leaseMs)
      about(record.lease?.heartbeatAt ?? null, engine.now())
      assert.deepEqual({ ...record, lease: null }, { ...before.record, lease: null })
      assert.deepEqual(timeline, before.timeline)
    },
  },
  {
    name: 'a heartbeat never shortens a lease',
    async run({ engine, advance }) {
      const { fence } = await running(engine)
      await engine.extend({ workerId: worker, leaseMs: 1_000, leases: [{ fence, begun: 1 }], jobs: [] })
      advance(leaseMs - 1_000)
      assert.deepEqual(await engine.due('lease', 10), [])
    },
  },
  {
    name: 'a late heartbeat is welcome as long as nobody has taken the job',
    async run({ engine, advance }) {
      const { id, fence, record } = await running(engine)
      advance(3 * leaseMs)
      const leases = [{ fence, begun: 1 }]
      const answer = await engine.extend({ workerId: worker, leaseMs, leases, jobs: [{ id, fence }] })
      assert.deepEqual(answer.lost, [])
      assert.deepEqual(await engine.due('lease', 10), [])
      assert.equal(await outcomeOf(engine, completed(record, fence, null)), 'applied')
    },
  },
  {
    name: 'leases of another worker are not renewed',
    async run({ engine, advance }) {
      const { fence } = await running(engine)
      advance(10_000)
      await engine.extend({ workerId: 'worker-2', leaseMs: 60_000, leases: [{ fence, begun: 9 }], jobs: [] })
      advance(5_000)
      assert.equal((await engine.due('lease', 10)).length, 1)
    },
  },
  {
    name: 'a lease that has run out can be taken back once, unless it was renewed meanwhile',
    async run({ engine, advance }) {
      const { id, fence } = await running(engine)
      assert.deepEqual(await engine.due('lease', 10), [])
      advance(leaseMs)
      const [overdue] = await engine.due('lease', 10)
      assert.equal(overdue?.id, id)
      if (!overdue) return
      const rescue = leaseRanOut(overdue, 'err', half)
      await engine.extend({ workerId: worker, leaseMs, leases: [{ fence, begun: 1 }], jobs: [] })
      assert.equal(await outcomeOf(engine, rescue), 'changed')
      advance(leaseMs)
      assert.deepEqual(
        (await engine.apply([rescue, rescue])).applied.map(({ outcome }) => outcome),
        ['applied', 'lost'],
      )
      const { status, losses, fails, lease } = await recordOf(engine, id)
      assert.deepEqual([status, losses, fails, lease], ['pending', 1, 0, null])
    },
  },
  {
    name: 'a crash that the worker itself tells of takes the job back at once, under its fence',
    async run({ engine }) {
      const { id, record, fence } = await running(engine)
      const crash = { exitCode: null, signal: 'SIGKILL', text: 'gone' }
      const told = crashed(record, fence, crash, 'err', half)
      assert.deepEqual(
        (await engine.apply([told, told])).applied.map(({ outcome }) => outcome),
        ['applied', 'lost'],
      )
      const { record: after, timeline } = await whole(engine, id)
      assert.deepEqual([after.status, after.losses, after.fails, after.lease], ['pending', 1, 0, null])
      assert.deepEqual(timeline.at(-1)?.data, told.event.data)
      const again = await engine.claim(aClaim())
      assert.equal(again.jobs[0]?.record.attempt, 2)
    },
  },
  {
    name: 'a job that loses worker after worker is given up',
    async run({ engine, advance }) {
      const { id } = await running(engine)
      const seen: string[] = []
      for (let loss = 1; loss <= 4; loss++) {
        advance(leaseMs)
        await engine.apply((await engine.due('lease', 10)).map((job) => leaseRanOut(job, 'err', () => 0)))
        seen.push((await recordOf(engine, id)).status)
        advance(3_600_000)
        for (const job of await engine.due('run_at', 10))
          await engine.apply([
            { id, expect: { rev: job.rev }, to: 'pending', set: {}, event: { type: 'due', data: {} } },
          ])
        await engine.claim(aClaim())
      }
      assert.deepEqual(seen, ['pending', 'scheduled', 'scheduled', 'failed'])
      const { losses, fails, error } = await recordOf(engine, id)
      assert.deepEqual([losses, fails, error?.code], [4, 0, 'worker_crashed'])
    },
  },
  {
    name: 'cancel: a job that does not run ends at once',
    async run({ engine }) {
      await engine.insert([aJob({ id: 'pending' }), aJob({ id: 'scheduled' }, { delayMs: 9_000 })])
      for (const id of ['pending', 'scheduled']) {
        await engine.apply([decided(cancel(await recordOf(engine, id), { reason: 'changed my mind' }))])
        const { status, cancelReason, completedAt, startedAt } = await recordOf(engine, id)
        assert.deepEqual([status, cancelReason, startedAt], ['cancelled', 'changed my mind', null])
        about(completedAt, engine.now())
      }
      assert.deepEqual((await engine.claim(aClaim())).jobs, [])
    },
  },
  {
    name: 'cancel: a running job is flagged, its worker told, and after the grace its lease is revoked',
    async run({ engine, advance }) {
      const { id, record, fence } = await running(engine)
      await engine.apply([decided(cancel(record, { reason: 'enough', graceMs: 5_000 }))])
      const flagged = await recordOf(engine, id)
      assert.deepEqual([flagged.status, flagged.rev], ['processing', 3])
      about(flagged.cancelRequestedAt, engine.now())
      const asked = await engine.extend({ workerId: worker, leaseMs, leases: [], jobs: [{ id, fence }] })
      assert.deepEqual(asked, { lost: [], cancel: [id] })
      assert.deepEqual(await engine.due('cancel', 10), [])
      advance(5_000)
      await engine.apply((await engine.due('cancel', 10)).map(graceOver))
      assert.equal(await outcomeOf(engine, stopped(record, fence)), 'lost')
      const after = await recordOf(engine, id)
      assert.deepEqual([after.status, after.cancelReason, after.lease], ['cancelled', 'enough', null])
    },
  },
  {
    name: 'cancel: a worker that has not heard of it must read the job again before it may give it back or fail it',
    async run({ engine }) {
      const { id, record, fence } = await running(engine)
      await engine.apply([decided(cancel(record))])
      for (const change of [failed(record, fence, oops, half), released(record, fence, 'x')])
        assert.equal(await outcomeOf(engine, change), 'changed', change.event.type)
      assert.equal(await outcomeOf(engine, failed(await recordOf(engine, id), fence, oops, half)), 'applied')
      assert.equal((await recordOf(engine, id)).status, 'cancelled')
    },
  },
  {
    name: 'cancel: work that is done counts, though a cancel was asked for',
    async run({ engine, advance }) {
      const { id, record, fence } = await running(engine)
      await engine.apply([decided(cancel(record))])
      assert.equal(await outcomeOf(engine, completed(record, fence, 'done')), 'applied')
      assert.equal((await recordOf(engine, id)).status, 'completed')
      advance(30_000)
      assert.deepEqual(await engine.due('cancel', 10), [])
    },
  },
  {
    name: 'cancel: asked twice, the flag keeps its first time',
    async run({ engine, advance }) {
      const { id, record } = await running(engine)
      await engine.apply([decided(cancel(record, { graceMs: 60_000 }))])
      const first = (await recordOf(engine, id)).cancelRequestedAt
      advance(2_000)
      await engine.apply([decided(cancel(await recordOf(engine, id), { graceMs: 1_000 }))])
      const second = await recordOf(engine, id)
      assert.equal(second.cancelRequestedAt, first)
      about(second.cancelBy, engine.now() + 1_000)
    },
  },
]

// apply, extend, note: every write of a worker is guarded by its fence, every other one by what it expects.
import assert from 'node:assert/strict'
import {
  cancel,
  completed,
  due,
  failed,
  graceOver,
  leaseRanOut,
  released,
  retried,
  stopped,
} from '../../../job/decide.ts'
import { systemError } from '../../../job/errors.ts'
import { attemptsOf } from '../../../job/timeline.ts'
import type { Engine } from '../../engine.ts'
import { about, aClaim, aJob, half, whole, type Case } from '../subject.ts'

async function running(engine: Engine, spec: Parameters<typeof aJob>[0] = {}) {
  const job = aJob(spec)
  await engine.insert([job])
  const { jobs, fence } = await engine.claim(aClaim())
  const [leased] = jobs
  if (!leased) throw new Error('a job was expected')
  return { id: job.spec.id, record: leased.record, fence }
}

const oops = systemError('job_error', 'err_1', 'oops')

export const applyCases: Case[] = [
  {
    name: 'a completed job keeps its result, its times and its whole story',
    async run({ engine, advance }) {
      const { id, record, fence } = await running(engine)
      advance(1_500)
      const { applied } = await engine.apply([completed(record, fence, { url: 'https://example.org' })])
      assert.deepEqual(
        applied.map((one) => one.outcome === 'applied' && one.rev),
        [3],
      )
      const after = await whole(engine, id)
      assert.deepEqual(
        [after.record.status, after.record.progress, after.record.result],
        ['completed', 1, { url: 'https://example.org' }],
      )
      about((after.record.completedAt ?? 0) - (after.record.startedAt ?? 0), 1_500)
      assert.equal(after.record.expiresAt, (after.record.completedAt ?? 0) + record.policy.retentionMs)
      assert.equal(after.record.lease, null)
      assert.deepEqual(
        after.timeline.map(({ seq, type }) => [seq, type]),
        [
          [1, 'created'],
          [2, 'claimed'],
          [3, 'completed'],
        ],
      )
    },
  },
  {
    name: 'a write under another fence is lost and changes nothing',
    async run({ engine }) {
      const { id, record, fence } = await running(engine)
      const before = await whole(engine, id)
      const { applied } = await engine.apply([
        completed(record, fence + 1, 'x'),
        completed({ ...record, id: 'nobody' }, fence, 'x'),
      ])
      assert.deepEqual(
        applied.map(({ outcome }) => outcome),
        ['lost', 'missing'],
      )
      assert.deepEqual(await engine.note([{ id, fence: fence + 1, progress: 0.5, logs: [], steps: [] }]), ['lost'])
      assert.deepEqual(await whole(engine, id), before)
    },
  },
  {
    name: 'after the end, whatever the attempt still says is refused',
    async run({ engine }) {
      const { id, record, fence } = await running(engine)
      await engine.apply([completed(record, fence, 'first')])
      const late = await engine.apply([completed(record, fence, 'second'), failed(record, fence, oops, half)])
      assert.deepEqual(
        late.applied.map(({ outcome }) => outcome),
        ['lost', 'lost'],
      )
      assert.deepEqual(await engine.note([{ id, fence, progress: 0.1 }]), ['lost'])
      assert.deepEqual(await engine.extend({ workerId: 'worker-1', leaseMs: 9, leases: [], jobs: [{ id, fence }] }), {
        lost: [id],
        cancel: [],
      })
      assert.equal((await whole(engine, id)).record.result, 'first')
    },
  },
  {
    name: 'a failed attempt is retried after its backoff, and the next claim has the next fence and attempt',
    async run({ engine, advance }) {
      const { id, record, fence } = await running(engine)
      await engine.note([{ id, fence, progress: 0.7, progressMessage: 'far' }])
      await engine.apply([failed(record, fence, oops, half)])
      const waiting = await whole(engine, id)
      assert.deepEqual(
        [waiting.record.status, waiting.record.waitReason, waiting.record.fails, waiting.record.progress],
        ['scheduled', 'retry', 1, null],
      )
      about(waiting.record.runAt - engine.now(), record.policy.retry.backoffMs)
      advance(record.policy.retry.backoffMs)
      await engine.apply((await engine.due('run_at', 10)).map(due))
      const second = await engine.claim(aClaim())
      assert.ok(second.fence > fence)
      assert.equal(second.jobs[0]?.record.attempt, 2)
      await engine.apply(second.jobs.map((job) => completed(job.record, second.fence, null)))
      const { timeline, record: end } = await whole(engine, id)
      assert.deepEqual(
        timeline.map(({ seq, type }) => [seq, type]),
        [
          [1, 'created'],
          [2, 'claimed'],
          [4, 'retry_scheduled'],
          [5, 'due'],
          [6, 'claimed'],
          [7, 'completed'],
        ],
      )
      assert.equal(end.rev, 7)
      assert.deepEqual(
        attemptsOf(timeline).map(({ n, status }) => [n, status]),
        [
          [1, 'failed'],
          [2, 'completed'],
        ],
      )
    },
  },
  {
    name: 'the last attempt that fails ends the job, and an explicit retry starts it anew',
    async run({ engine }) {
      const { id, record, fence } = await running(engine)
      await engine.apply([failed(record, fence, oops, half, 'never')])
      const ended = (await whole(engine, id)).record
      assert.deepEqual(
        [ended.status, ended.error?.code, ended.error?.internal?.message],
        ['failed', 'job_error', 'oops'],
      )
      const change = retried(ended, { n: 2 })
      if (!change) throw new Error('an ended job can be retried')
      assert.equal((await engine.apply([change])).applied[0]?.outcome, 'applied')
      assert.equal((await engine.apply([change])).applied[0]?.outcome, 'lost')
      const again = await engine.claim(aClaim())
      assert.deepEqual(
        [again.jobs[0]?.inputJson, again.jobs[0]?.record.attempt, again.jobs[0]?.record.rev],
        ['{"n":2}', 1, 5],
      )
      assert.ok(again.fence > fence)
      assert.deepEqual((await whole(engine, id)).record.input, { n: 2 })
    },
  },
  {
    name: 'a release gives the attempt back',
    async run({ engine }) {
      const { id, record, fence } = await running(engine)
      await engine.apply([released(record, fence, 'shutdown')])
      const { record: back } = await whole(engine, id)
      assert.deepEqual([back.status, back.attempt, back.fails, back.losses], ['pending', 0, 0, 0])
      assert.equal((await engine.claim(aClaim())).jobs[0]?.record.attempt, 1)
    },
  },
  {
    name: 'a lease that has run out can be taken back once, unless it was renewed meanwhile',
    async run({ engine, advance }) {
      const { id, fence } = await running(engine)
      assert.deepEqual(await engine.due('lease', 10), [])
      advance(15_001)
      const [overdue] = await engine.due('lease', 10)
      if (!overdue) throw new Error('the lease was expected to be over')
      await engine.extend({ workerId: 'worker-1', leaseMs: 15_000, leases: [{ fence, begun: 1 }], jobs: [] })
      assert.equal((await engine.apply([leaseRanOut(overdue, 'err', half)])).applied[0]?.outcome, 'changed')
      advance(15_001)
      const { applied } = await engine.apply([leaseRanOut(overdue, 'err', half), leaseRanOut(overdue, 'err', half)])
      assert.deepEqual(
        applied.map(({ outcome }) => outcome),
        ['applied', 'lost'],
      )
      const { record } = await whole(engine, id)
      assert.deepEqual([record.status, record.losses, record.fails], ['pending', 1, 0])
    },
  },
  {
    name: 'leases of another worker are not renewed',
    async run({ engine, advance }) {
      const { fence } = await running(engine)
      advance(10_000)
      await engine.extend({ workerId: 'worker-2', leaseMs: 60_000, leases: [{ fence, begun: 9 }], jobs: [] })
      advance(5_001)
      assert.equal((await engine.due('lease', 10)).length, 1)
    },
  },
  {
    name: 'cancel: a running job is flagged, its worker told, and after the grace its lease is revoked',
    async run({ engine, advance }) {
      const { id, record, fence } = await running(engine)
      const wish = cancel(record, { reason: 'enough', graceMs: 5_000 })
      if (!wish) throw new Error('a running job can be cancelled')
      await engine.apply([wish])
      assert.deepEqual(
        await engine.extend({ workerId: 'worker-1', leaseMs: 9_000, leases: [], jobs: [{ id, fence }] }),
        { lost: [], cancel: [id] },
      )
      assert.equal((await engine.apply([failed(record, fence, oops, half)])).applied[0]?.outcome, 'changed')
      assert.deepEqual(await engine.due('cancel', 10), [])
      advance(5_000)
      await engine.apply((await engine.due('cancel', 10)).map(graceOver))
      assert.equal((await engine.apply([stopped(record, fence)])).applied[0]?.outcome, 'lost')
      const after = (await whole(engine, id)).record
      assert.deepEqual([after.status, after.cancelReason, after.lease], ['cancelled', 'enough', null])
    },
  },
  {
    name: 'a change that expects a rev is refused once the job has moved',
    async run({ engine }) {
      const job = aJob()
      await engine.insert([job])
      const seen = (await whole(engine, job.spec.id)).record
      await engine.claim(aClaim())
      const wish = cancel(seen)
      assert.equal(wish && (await engine.apply([wish])).applied[0]?.outcome, 'lost')
    },
  },
  {
    name: 'notes: each visible change is a rev, progress never falls, and what says nothing new changes nothing',
    async run({ engine }) {
      const { id, fence } = await running(engine)
      const counts = { done: 1, total: 3, unit: 'page' }
      const revs = await engine.note([
        { id, fence, progress: 0.4, progressMessage: 'a', stage: 'S', counts },
        { id, fence, progress: 0.2 },
        { id, fence, progressMessage: 'b' },
        { id, fence, counts },
      ])
      assert.deepEqual(revs, [3, 3, 4, 4])
      const { record, timeline } = await whole(engine, id)
      assert.deepEqual([record.progress, record.progressMessage, record.stage, record.counts], [0.4, 'b', 'S', counts])
      assert.deepEqual(
        timeline.map(({ seq }) => seq),
        [1, 2],
      )
    },
  },
  {
    name: 'steps and log lines are kept with the job, and steps come along with the next claim',
    async run({ engine }) {
      const { id, record, fence } = await running(engine)
      const step = { key: 's', status: 'completed' as const, attempt: 1, startedAt: engine.now(), result: { v: [1] } }
      await engine.note([
        {
          id,
          fence,
          steps: [step],
          logs: [1, 2].map((n) => ({
            level: 'info' as const,
            message: `m${n}`,
            fields: { n },
            attempt: 1,
            audience: 'owner' as const,
          })),
        },
      ])
      await engine.apply([released(record, fence, 'test')])
      const { jobs } = await engine.claim(aClaim())
      assert.deepEqual(
        jobs[0]?.steps.map(({ key, result }) => [key, result]),
        [['s', { v: [1] }]],
      )
      assert.deepEqual(
        (await engine.logs(id, 0, 10)).map(({ seq, message }) => [seq, message]),
        [
          [1, 'm1'],
          [2, 'm2'],
        ],
      )
      assert.deepEqual(
        (await engine.logs(id, 1, 10)).map(({ seq }) => seq),
        [2],
      )
    },
  },
  {
    name: 'a held job goes back free of charge when its worker vanishes, a begun one is charged a loss',
    async run({ engine, advance }) {
      await engine.insert([aJob({ id: 'begun' }), aJob({ id: 'held' })])
      await engine.claim(aClaim({ begins: 1 }))
      advance(15_001)
      await engine.apply((await engine.due('lease', 10)).map((job) => leaseRanOut(job, 'err', half)))
      const losses = await Promise.all(['begun', 'held'].map(async (id) => (await whole(engine, id)).record))
      assert.deepEqual(
        losses.map(({ losses: n, attempt, status }) => [n, attempt, status]),
        [
          [1, 1, 'pending'],
          [0, 0, 'pending'],
        ],
      )
    },
  },
]

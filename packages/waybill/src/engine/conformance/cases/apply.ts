// apply: a Change is written, with its timeline entry and the next rev, only if the job still meets what it expects.
import assert from 'node:assert/strict'
import { cancel, completed, due, expired, failed, released, retried, slept, waitsFor } from '../../../job/decide.ts'
import { attemptsOf } from '../../../job/timeline.ts'
import {
  about,
  aClaim,
  aJob,
  decided,
  half,
  idsOf,
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
    name: 'a failed attempt is retried after its backoff, and the story tells both attempts',
    async run({ engine, advance }) {
      const { id, record, fence } = await running(engine)
      await engine.note([{ id, fence, progress: 0.7, progressMessage: 'far' }])
      await engine.apply([failed(record, fence, oops, half)])
      const waiting = await recordOf(engine, id)
      assert.deepEqual([waiting.status, waiting.waitReason, waiting.fails], ['scheduled', 'retry', 1])
      assert.deepEqual([waiting.progress, waiting.progressMessage, waiting.lease], [null, null, null])
      about(waiting.runAt, engine.now() + record.policy.retry.backoffMs)
      advance(record.policy.retry.backoffMs)
      await engine.apply((await engine.due('run_at', 10)).map(due))
      const second = await engine.claim(aClaim())
      assert.ok(second.fence > fence)
      assert.equal(second.jobs[0]?.record.attempt, 2)
      await engine.apply(second.jobs.map((job) => completed(job.record, second.fence, null)))
      const { timeline, record: end } = await whole(engine, id)
      assert.deepEqual(
        timeline.map(({ seq, type }) => `${seq} ${type}`),
        ['1 created', '2 claimed', '4 retry_scheduled', '5 due', '6 claimed', '7 completed'],
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
    name: 'a failed job keeps its error whole, for longer than a completed one',
    async run({ engine }) {
      const { id, record, fence } = await running(engine)
      await engine.apply([failed(record, fence, oops, half, 'never')])
      const ended = await recordOf(engine, id)
      assert.deepEqual([ended.status, ended.error], ['failed', oops])
      assert.equal(ended.expiresAt, (ended.completedAt ?? 0) + record.policy.retentionFailedMs)
    },
  },
  {
    name: 'an explicit retry takes a job out of its end once: counters anew, rev and fence go on, with the new input',
    async run({ engine }) {
      const { id, record, fence } = await running(engine)
      await engine.apply([failed(record, fence, oops, half, 'never')])
      const change = decided(retried(await recordOf(engine, id), { n: 2 }))
      assert.equal(await outcomeOf(engine, change), 'applied')
      assert.equal(await outcomeOf(engine, change), 'lost')
      const { status, error, completedAt, expiresAt, fails } = await recordOf(engine, id)
      assert.deepEqual([status, error, completedAt, expiresAt, fails], ['pending', null, null, null, 0])
      const again = await engine.claim(aClaim())
      const [job] = again.jobs
      assert.deepEqual([job?.inputJson, job?.record.attempt, job?.record.rev], ['{"n":2}', 1, 5])
      assert.ok(again.fence > fence)
      assert.deepEqual((await recordOf(engine, id)).input, { n: 2 })
    },
  },
  {
    name: 'a completed job can be retried too, and runs again with the input it had',
    async run({ engine }) {
      const { id, record, fence } = await running(engine)
      await engine.apply([completed(record, fence, 'old')])
      await engine.apply([decided(retried(await recordOf(engine, id)))])
      const { jobs, fence: next } = await engine.claim(aClaim())
      assert.deepEqual([jobs[0]?.inputJson, jobs[0]?.record.result], ['{"n":1}', null])
      await engine.apply(jobs.map((job) => completed(job.record, next, 'new')))
      const { record: end, timeline } = await whole(engine, id)
      assert.deepEqual([end.result, end.rev], ['new', 6])
      assert.deepEqual(
        timeline.map(({ type }) => type),
        ['created', 'claimed', 'completed', 'retried', 'claimed', 'completed'],
      )
    },
  },
  {
    name: 'a release gives the attempt back, and may ask for a pause',
    async run({ engine }) {
      const { id, record, fence } = await running(engine)
      await engine.apply([released(record, fence, 'shutdown')])
      const back = await recordOf(engine, id)
      assert.deepEqual([back.status, back.attempt, back.fails, back.losses], ['pending', 0, 0, 0])
      const again = await engine.claim(aClaim())
      assert.equal(again.jobs[0]?.record.attempt, 1)
      await engine.apply(again.jobs.map((job) => released(job.record, again.fence, 'later', 5_000)))
      const later = await recordOf(engine, id)
      assert.deepEqual([later.status, later.attempt], ['scheduled', 0])
      about(later.runAt, engine.now() + 5_000)
    },
  },
  {
    name: 'a sleeping job and a waiting one hold no lease and charge no attempt',
    async run({ engine }) {
      const sleeper = await running(engine)
      const waiter = await running(engine)
      const children = { total: 2, completed: 0, failed: 0, cancelled: 0, active: 2 }
      await engine.apply([
        slept(sleeper.record, sleeper.fence, 60_000),
        waitsFor(waiter.record, waiter.fence, 'children', children),
      ])
      const [asleep, waits] = [await recordOf(engine, sleeper.id), await recordOf(engine, waiter.id)]
      assert.deepEqual(
        [asleep.status, asleep.waitReason, asleep.attempt, asleep.lease],
        ['scheduled', 'delay', 0, null],
      )
      assert.deepEqual([waits.status, waits.waitReason, waits.children], ['waiting', 'children', children])
      assert.deepEqual(idsOf(await engine.claim(aClaim())), [])
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

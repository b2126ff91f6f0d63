// How a job goes on after an attempt: again by its policy, by hand, after a release, a sleep or a wait; and what that costs.
import assert from 'node:assert/strict'
import { postponed } from '../../../job/debounce.ts'
import { completed, due, failed, released, retried, slept, waitsFor } from '../../../job/decide.ts'
import { attemptsOf } from '../../../job/timeline.ts'
import {
  about,
  aClaim,
  aJob,
  decided,
  half,
  idsOf,
  leaseMs,
  oops,
  outcomeOf,
  recordOf,
  running,
  whole,
  type Case,
} from '../subject.ts'

export const againCases: Case[] = [
  {
    name: 'a job that waits is given a new input and a new wait, and is due then, not before',
    async run({ engine, advance }) {
      const wish = { input: { newer: true }, waitMs: 5_000, maxMs: 60_000 }
      await engine.insert([aJob({ id: 'a' }, { delayMs: 3_000 })])
      advance(2_000)
      await engine.apply([decided(postponed(await recordOf(engine, 'a'), wish, engine.now()))])
      const waiting = await recordOf(engine, 'a')
      assert.deepEqual([waiting.status, waiting.waitReason, waiting.rev], ['scheduled', 'delay', 2])
      about(waiting.runAt, engine.now() + 5_000)
      assert.deepEqual(waiting.input, { newer: true })
      advance(4_000)
      assert.deepEqual(await engine.due('run_at', 10), [])
      advance(1_000)
      await engine.apply((await engine.due('run_at', 10)).map(due))
      const { jobs } = await engine.claim(aClaim())
      assert.deepEqual(
        jobs.map(({ inputJson }) => inputJson),
        ['{"newer":true}'],
      )
      assert.equal((await engine.count({})).processing, 1)
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
    name: 'the new input of a retry is shown only where it was asked for, like any other',
    async run({ engine, advance }) {
      const { id, record, fence } = await running(engine)
      await engine.apply([failed(record, fence, oops, half, 'never')])
      await engine.apply([decided(retried(await recordOf(engine, id), { n: 2 }))])
      const claim = aClaim()
      const claims = [await engine.claim(claim), await engine.claim(claim)]
      advance(leaseMs)
      const seen = [
        ...(await engine.get([id])),
        ...claims.flatMap(({ jobs }) => jobs),
        ...(await engine.list({ filter: {}, limit: 1 })).records.map((listed) => ({ record: listed })),
        ...(await engine.due('lease', 1)).map((due) => ({ record: due })),
      ]
      assert.deepEqual(
        seen.map((one) => one !== null && 'record' in one && !('input' in one.record)),
        [true, true, true, true, true],
      )
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
]

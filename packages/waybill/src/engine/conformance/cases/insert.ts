// insert: jobs are stored whole or not at all, once an id, and never past the queue's cap.
import assert from 'node:assert/strict'
import { defaultPolicy } from '../../../job/policy.ts'
import { about, aClaim, aJob, recordOf, whole, type Case } from '../subject.ts'

/** What has not happened yet to a job that was just inserted. */
const unborn = {
  waitReason: null,
  fails: 0,
  losses: 0,
  startedAt: null,
  completedAt: null,
  expiresAt: null,
  progress: null,
  progressMessage: null,
  stage: null,
  counts: null,
  cancelRequestedAt: null,
  cancelReason: null,
  cancelBy: null,
  result: null,
  error: null,
  children: null,
  hasSteps: false,
  lease: null,
}

export const insertCases: Case[] = [
  {
    name: 'an inserted job is pending at rev 1, and keeps what it was given',
    async run({ engine }) {
      const retry = { maxAttempts: 7, backoffMs: 1, factor: 1.5, maxMs: 9, jitter: 0 }
      const job = aJob(
        {
          title: 'Ünïcödé 🚚',
          subject: 'x:1',
          tags: ['a', 'b'],
          metadata: { k: [1, null], deep: { '': '"' } },
          traceparent: '00-1-2-01',
          userId: null,
          priority: 0,
          policy: { ...defaultPolicy, retry, startWithinMs: 60_000 },
        },
        { inputJson: '{"deep":{"n":[1,2]}}' },
      )
      const [answer] = await engine.insert([job])
      assert.equal(answer?.outcome, 'created')
      const { record, timeline } = await whole(engine, job.spec.id)
      const { createdAt, ...kept } = record
      about(createdAt, engine.now())
      assert.deepEqual({ ...kept, ...job.spec }, kept)
      assert.deepEqual(record.input, { deep: { n: [1, 2] } })
      assert.deepEqual([record.status, record.rev, record.attempt, record.fence], ['pending', 1, 0, 0])
      assert.deepEqual([record.runAt, record.updatedAt], [createdAt, createdAt])
      assert.deepEqual({ ...record, ...unborn }, record)
      assert.deepEqual(timeline, [{ seq: 1, at: createdAt, type: 'created', data: {} }])
    },
  },
  {
    name: 'the input is shown only where it was asked for',
    async run({ engine }) {
      await engine.insert([aJob({ id: 'a' })])
      const [plain] = await engine.get(['a'])
      assert.ok(plain && 'record' in plain && !('input' in plain.record))
      const { records } = await engine.list({ filter: {}, limit: 1 })
      assert.ok(records[0] && !('input' in records[0]))
    },
  },
  {
    name: 'inserting nothing answers nothing, and a thousand at once are a thousand, in order',
    async run({ engine }) {
      assert.deepEqual(await engine.insert([]), [])
      assert.deepEqual(await engine.insert([], { atomic: true }), [])
      const jobs = Array.from({ length: 1_000 }, () => aJob())
      const answers = await engine.insert(jobs)
      assert.deepEqual(
        answers.map(({ outcome, id }) => [outcome, id]),
        jobs.map(({ spec }) => ['created', spec.id]),
      )
      assert.equal((await engine.count({})).pending, 1_000)
    },
  },
  {
    name: 'ids and names are kept to the letter: quotes, emoji, and each other’s case',
    async run({ engine }) {
      const odd = ['Ⅷ-🚚', "o'; DROP TABLE jobs; --", 'A', 'a', 'é', 'e\u0301']
      await engine.insert(odd.map((id) => aJob({ id, queue: `queue ${id}`, subject: id })))
      for (const id of odd) {
        assert.equal((await recordOf(engine, id)).queue, `queue ${id}`)
        const { records } = await engine.list({ filter: { subject: id }, limit: 10 })
        assert.deepEqual(
          records.map((record) => record.id),
          [id],
        )
      }
    },
  },
  {
    name: 'a delayed job is scheduled until its time',
    async run({ engine, advance }) {
      const job = aJob({}, { delayMs: 5_000 })
      await engine.insert([job])
      const { status, waitReason, runAt } = await recordOf(engine, job.spec.id)
      assert.deepEqual([status, waitReason], ['scheduled', 'delay'])
      about(runAt, engine.now() + 5_000)
      assert.deepEqual((await engine.claim(aClaim())).jobs, [])
      assert.deepEqual(await engine.due('run_at', 10), [])
      advance(5_000)
      assert.deepEqual(
        (await engine.due('run_at', 10)).map(({ id }) => id),
        [job.spec.id],
      )
    },
  },
  {
    name: 'the shortest delay is a delay',
    async run({ engine }) {
      await engine.insert([aJob({ id: 'soon' }, { delayMs: 1 })])
      assert.equal((await recordOf(engine, 'soon')).status, 'scheduled')
    },
  },
  {
    name: 'an id is taken once, also within one batch, and the first keeps it',
    async run({ engine }) {
      const answers = await engine.insert([aJob({ id: 'mine', title: 'first' }), aJob({ id: 'mine' }), aJob()])
      assert.deepEqual(
        answers.map(({ outcome }) => outcome),
        ['created', 'id_taken', 'created'],
      )
      assert.equal((await engine.insert([aJob({ id: 'mine' })]))[0]?.outcome, 'id_taken')
      assert.equal((await recordOf(engine, 'mine')).title, 'first')
      assert.equal((await engine.count({})).pending, 2)
    },
  },
  {
    name: 'an atomic batch with one bad job stores none',
    async run({ engine }) {
      await engine.insert([aJob({ id: 'there' })])
      const answers = await engine.insert([aJob({ id: 'new' }), aJob({ id: 'there' })], { atomic: true })
      assert.deepEqual(
        answers.map(({ outcome, id }) => [outcome, id]),
        [
          ['not_stored', 'new'],
          ['id_taken', 'there'],
        ],
      )
      assert.deepEqual(await engine.get(['new']), [null])
      assert.equal((await engine.count({})).pending, 1)
      assert.equal((await engine.insert([aJob({ id: 'new' })], { atomic: true }))[0]?.outcome, 'created')
    },
  },
  {
    name: 'a cap of nothing lets no job into an empty queue',
    async run({ engine }) {
      const answers = await engine.insert([aJob({ id: 'a' }, { maxPending: 0 }), aJob({ queue: 'other' })])
      assert.deepEqual(
        answers.map(({ outcome }) => outcome),
        ['queue_full', 'created'],
      )
      assert.deepEqual(await engine.get(['a']), [null])
    },
  },
  {
    name: 'a queue at its cap refuses, counting pending and scheduled jobs, also within one batch',
    async run({ engine }) {
      const capped = () => aJob({}, { maxPending: 3 })
      await engine.insert([aJob({}, { delayMs: 9_000 })])
      const answers = await engine.insert([capped(), capped(), capped()])
      assert.deepEqual(
        answers.map(({ outcome }) => outcome),
        ['created', 'created', 'queue_full'],
      )
      assert.deepEqual(answers[2], { outcome: 'queue_full', id: answers[2]?.id, pending: 3 })
      assert.equal((await engine.insert([aJob({ queue: 'other' }, { maxPending: 3 })]))[0]?.outcome, 'created')
      assert.equal((await engine.insert([aJob()]))[0]?.outcome, 'created')
      await engine.claim(aClaim({ queues: ['default'], max: 2 }))
      assert.equal((await engine.insert([capped()]))[0]?.outcome, 'created')
    },
  },
]

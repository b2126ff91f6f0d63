// insert: jobs are stored whole or not at all, once a key, once an id, and never past the queue's cap.
import assert from 'node:assert/strict'
import { aClaim, aJob, whole, type Case } from '../subject.ts'

const key = (hash: string, keepMs = 60_000) => ({ key: 'ada k', hash, keepMs })

export const insertCases: Case[] = [
  {
    name: 'an inserted job is pending at rev 1, and keeps what it was given',
    async run({ engine }) {
      const job = aJob(
        { title: 'Ünïcödé 🚚', subject: 'x:1', tags: ['a', 'b'], metadata: { k: [1, null] }, traceparent: '00-1-2-01' },
        { inputJson: '{"deep":{"n":[1,2]}}' },
      )
      const [answer] = await engine.insert([job])
      assert.equal(answer?.outcome, 'created')
      const { record, timeline } = await whole(engine, job.spec.id)
      const { createdAt: _, ...kept } = record
      assert.deepEqual({ ...kept, ...job.spec }, kept)
      assert.deepEqual(record.input, { deep: { n: [1, 2] } })
      assert.equal(record.status, 'pending')
      assert.deepEqual(
        timeline.map(({ seq, type }) => [seq, type]),
        [[1, 'created']],
      )
    },
  },
  {
    name: 'inserting nothing answers nothing, and a thousand at once are a thousand',
    async run({ engine }) {
      assert.deepEqual(await engine.insert([]), [])
      const answers = await engine.insert(Array.from({ length: 1_000 }, () => aJob()))
      assert.equal(answers.filter(({ outcome }) => outcome === 'created').length, 1_000)
      assert.equal((await engine.count({})).pending, 1_000)
    },
  },
  {
    name: 'a delayed job is scheduled until its time',
    async run({ engine, advance }) {
      const job = aJob({}, { delayMs: 5_000 })
      await engine.insert([job])
      assert.equal((await whole(engine, job.spec.id)).record.status, 'scheduled')
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
    name: 'an id is taken once, also within one batch',
    async run({ engine }) {
      const answers = await engine.insert([aJob({ id: 'mine' }), aJob({ id: 'mine' }), aJob()])
      assert.deepEqual(
        answers.map(({ outcome }) => outcome),
        ['created', 'id_taken', 'created'],
      )
      assert.equal((await engine.insert([aJob({ id: 'mine' })]))[0]?.outcome, 'id_taken')
    },
  },
  {
    name: 'an idempotency key answers the job that exists, refuses another content, and is forgotten in time',
    async run({ engine, advance }) {
      const first = aJob({}, { idempotency: key('h1') })
      await engine.insert([first])
      const again = await engine.insert([aJob({}, { idempotency: key('h1') }), aJob({}, { idempotency: key('h2') })])
      assert.deepEqual(again, [
        { outcome: 'replayed', id: first.spec.id },
        { outcome: 'key_reused', id: first.spec.id },
      ])
      advance(60_001)
      assert.equal((await engine.insert([aJob({}, { idempotency: key('h2') })]))[0]?.outcome, 'created')
    },
  },
  {
    name: 'a thousand inserts with one key at the same time make one job',
    async run({ engine }) {
      const all = await Promise.all(
        Array.from({ length: 1_000 }, () => engine.insert([aJob({}, { idempotency: key('h') })])),
      )
      assert.equal(all.flat().filter(({ outcome }) => outcome === 'created').length, 1)
      assert.equal((await engine.count({})).pending, 1)
    },
  },
  {
    name: 'an atomic batch with one bad job stores none',
    async run({ engine }) {
      await engine.insert([aJob({ id: 'there' })])
      const answers = await engine.insert([aJob({}, { idempotency: key('h') }), aJob({ id: 'there' })], {
        atomic: true,
      })
      assert.deepEqual(
        answers.map(({ outcome }) => outcome),
        ['not_stored', 'id_taken'],
      )
      assert.equal((await engine.count({})).pending, 1)
      assert.equal((await engine.insert([aJob({}, { idempotency: key('h') })]))[0]?.outcome, 'created')
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
      assert.equal((await engine.insert([aJob({ queue: 'other' }, { maxPending: 3 })]))[0]?.outcome, 'created')
      await engine.claim(aClaim({ queues: ['default'], max: 1 }))
      assert.equal((await engine.insert([capped()]))[0]?.outcome, 'created')
    },
  },
]

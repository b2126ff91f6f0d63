// What readers are promised: lists that stay put while others write, counts that agree, hints, purges, documents, roles.
import assert from 'node:assert/strict'
import { completed } from '../../../job/decide.ts'
import { tombstoneMs } from '../../../job/policy.ts'
import { statuses } from '../../../job/status.ts'
import { isGone, type Engine, type JobFilter } from '../../engine.ts'
import { aClaim, aJob, whole, type Case, type Subject } from '../subject.ts'

async function listed(engine: Engine, filter: JobFilter): Promise<string[]> {
  return (await engine.list({ filter, limit: 100 })).records.map(({ id }) => id)
}

async function finished(engine: Engine, id: string): Promise<void> {
  await engine.insert([aJob({ id })])
  const { jobs, fence } = await engine.claim(aClaim())
  await engine.apply(jobs.map(({ record }) => completed(record, fence, null)))
}

/** Counts must be what a walk through the list finds. */
async function countsAgree(engine: Engine, filter: JobFilter): Promise<void> {
  const counts = await engine.count(filter)
  for (const status of statuses)
    assert.equal(counts[status], (await listed(engine, { ...filter, status: [status] })).length, `${status}`)
}

function nextHint({ engine }: Subject): Promise<void> {
  return new Promise((resolve) => {
    const stop = engine.watch(() => {
      stop()
      resolve()
    })
  })
}

export const readCases: Case[] = [
  {
    name: 'a job that never was is null, for every read',
    async run({ engine }) {
      assert.deepEqual(await engine.get(['nobody']), [null])
      assert.deepEqual(await engine.revs(['nobody']), [null])
      assert.deepEqual(await engine.logs('nobody', 0, 10), [])
      assert.deepEqual(await engine.get([]), [])
    },
  },
  {
    name: 'lists are newest first, page by page, and stay put while jobs are added',
    async run({ engine }) {
      await engine.insert(Array.from({ length: 5 }, (_, n) => aJob({ id: `p${n}` })))
      const first = await engine.list({ filter: {}, limit: 2 })
      await engine.insert([aJob({ id: 'late' })])
      const second = await engine.list({ filter: {}, limit: 2, after: first.next })
      const third = await engine.list({ filter: {}, limit: 2, after: second.next })
      const ids = [first, second, third].map(({ records }) => records.map(({ id }) => id))
      assert.deepEqual(ids, [['p4', 'p3'], ['p2', 'p1'], ['p0']])
      assert.equal(third.next, null)
      assert.deepEqual(
        (await engine.list({ filter: {}, limit: 2, offset: 1, oldestFirst: true })).records.map(({ id }) => id),
        ['p1', 'p2'],
      )
    },
  },
  {
    name: 'every filter finds its jobs and no others',
    async run({ engine, advance }) {
      const t0 = engine.now()
      await engine.insert([aJob({ id: 'plain' })])
      advance(10)
      const special = aJob({
        id: 'special',
        type: 'video',
        queue: 'q2',
        userId: 'bob',
        subject: 's',
        tags: ['red', 'blue'],
        title: 'Summer Trip',
        batchId: 'b',
        scheduleKey: 'k',
        parentId: 'plain',
      })
      await engine.insert([special, aJob({ id: 'nobodys', userId: null })])
      const filters: JobFilter[] = [
        { type: 'video' },
        { queue: 'q2' },
        { userId: 'bob' },
        { subject: 's' },
        { tag: 'blue' },
        { batchId: 'b' },
        { scheduleKey: 'k' },
        { parentId: 'plain' },
        { text: 'summer' },
        { userId: 'bob', status: ['pending', 'failed'] },
        { createdAfter: t0, userId: 'bob' },
      ]
      for (const filter of filters) assert.deepEqual(await listed(engine, filter), ['special'], JSON.stringify(filter))
      assert.deepEqual(await listed(engine, { userId: null }), ['nobodys'])
      assert.deepEqual(await listed(engine, { createdBefore: t0 + 5 }), ['plain'])
      assert.deepEqual(await listed(engine, { userId: 'bob', status: ['failed'] }), [])
      assert.deepEqual(await listed(engine, { updatedSince: t0 + 10, type: 'demo' }), ['nobodys'])
    },
  },
  {
    name: 'counts agree with the lists, whatever has happened',
    async run({ engine, advance }) {
      await engine.insert([aJob(), aJob({ userId: 'bob' }), aJob({}, { delayMs: 9_000 }), aJob({ queue: 'q2' })])
      const { jobs, fence } = await engine.claim(aClaim({ max: 2 }))
      await engine.apply(jobs.slice(0, 1).map(({ record }) => completed(record, fence, null)))
      for (const filter of [{}, { queue: 'default' }, { userId: 'ada' }, { queue: 'q2', userId: 'ada' }])
        await countsAgree(engine, filter)
      advance(8 * 86_400_000)
      await engine.purge(10)
      await countsAgree(engine, {})
      const row = (await engine.queues()).find(({ queue }) => queue === 'q2')
      assert.deepEqual([row?.counts.pending, row?.paused], [1, false])
    },
  },
  {
    name: 'an ended job past its time is purged, answers as gone with its owner, and is forgotten in the end',
    async run({ engine, advance }) {
      await finished(engine, 'old')
      assert.equal(await engine.purge(10), 0)
      advance(86_400_000)
      assert.equal(await engine.purge(10), 1)
      const [found] = await engine.get(['old'])
      assert.deepEqual(found, { gone: true, userId: 'ada' })
      assert.equal((await engine.insert([aJob({ id: 'old' })]))[0]?.outcome, 'id_taken')
      advance(tombstoneMs + 1)
      await engine.purge(10)
      assert.deepEqual(await engine.get(['old']), [null])
    },
  },
  {
    name: 'one ended job can be purged by its id, one that has not ended cannot',
    async run({ engine }) {
      await finished(engine, 'ended')
      await engine.insert([aJob({ id: 'alive' })])
      assert.deepEqual([await engine.purge(1, 'alive'), await engine.purge(1, 'ended')], [0, 1])
      assert.ok(isGone((await engine.get(['ended']))[0] ?? null))
      assert.equal((await whole(engine, 'alive')).record.status, 'pending')
    },
  },
  {
    name: 'due jobs come most overdue first, at most as many as asked for',
    async run({ engine, advance }) {
      await engine.insert([
        aJob({ id: 'c' }, { delayMs: 3_000 }),
        aJob({ id: 'a' }, { delayMs: 1_000 }),
        aJob({ id: 'b' }, { delayMs: 2_000 }),
      ])
      advance(2_500)
      assert.deepEqual(
        (await engine.due('run_at', 10)).map(({ id }) => id),
        ['a', 'b'],
      )
      assert.deepEqual(
        (await engine.due('run_at', 1)).map(({ id }) => id),
        ['a'],
      )
    },
  },
  {
    name: 'a job that did not start in time is due, one that did is not',
    async run({ engine, advance }) {
      const policy = { ...aJob().spec.policy, startWithinMs: 1_000 }
      await engine.insert([aJob({ id: 'started', policy })])
      await engine.claim(aClaim())
      await engine.insert([aJob({ id: 'late', policy }), aJob({ id: 'delayed', policy }, { delayMs: 9_000 })])
      advance(1_000)
      assert.deepEqual((await engine.due('start_by', 10)).map(({ id }) => id).toSorted(), ['delayed', 'late'])
    },
  },
  {
    name: 'documents are stored if their rev is the one expected',
    async run({ engine }) {
      assert.equal(await engine.putDoc('api_key', 'k', { a: 1 }, 0), true)
      assert.equal(await engine.putDoc('api_key', 'k', { a: 2 }, 0), false)
      assert.equal(await engine.putDoc('api_key', 'k', { a: 2 }, 1), true)
      assert.deepEqual(
        (await engine.docs('api_key', 'k')).map(({ rev, body }) => [rev, body]),
        [[2, { a: 2 }]],
      )
      assert.equal(await engine.putDoc('api_key', 'k', null, null), true)
      assert.deepEqual(await engine.docs('api_key'), [])
    },
  },
  {
    name: 'a role has one holder until its time is over',
    async run({ engine, advance }) {
      assert.equal(await engine.lead('sweep', 'a', 1_000), true)
      assert.equal(await engine.lead('sweep', 'b', 1_000), false)
      assert.equal(await engine.lead('sweep', 'a', 1_000), true)
      advance(1_001)
      assert.equal(await engine.lead('sweep', 'b', 1_000), true)
    },
  },
  {
    name: 'workers are known until they sign off or fall silent',
    async run({ engine, advance }) {
      const worker = { id: 'w', name: 'host:1', queues: ['q'], slots: 4 }
      await engine.enrol(worker, 1_000)
      advance(900)
      await engine.extend({ workerId: 'w', leaseMs: 1, leases: [], jobs: [] })
      advance(900)
      assert.deepEqual(
        (await engine.workers()).map(({ id, queues, slots }) => [id, queues, slots]),
        [['w', ['q'], 4]],
      )
      advance(200)
      assert.deepEqual(await engine.workers(), [])
      await engine.enrol(worker, 1_000)
      await engine.enrol(worker, 0)
      assert.deepEqual(await engine.workers(), [])
    },
  },
  {
    name: 'a write gives a hint and another stamp; without writes the stamp stays',
    async run(subject) {
      const { engine } = subject
      const stamp = engine.stamp()
      await engine.get(['nobody'])
      if (engine.can.stamp) assert.equal(engine.stamp(), stamp)
      const hint = nextHint(subject)
      await engine.insert([aJob()])
      await hint
      if (engine.can.stamp) assert.notEqual(engine.stamp(), stamp)
    },
  },
  {
    name: 'what one handle writes the other reads, is hinted at, and stamps',
    needs: 'another',
    async run(subject) {
      const other = await subject.another?.()
      if (!other) return
      const stamp = subject.engine.stamp()
      const hint = nextHint(subject)
      await other.insert([aJob({ id: 'theirs' })])
      assert.equal((await whole(subject.engine, 'theirs')).record.rev, 1)
      if (subject.engine.can.stamp) assert.notEqual(subject.engine.stamp(), stamp)
      await hint
      await other.close()
    },
  },
  {
    name: 'what was acknowledged is there after the store was opened anew',
    needs: 'reopen',
    async run(subject) {
      await subject.engine.insert([aJob({ id: 'kept' }), aJob({ id: 'running', priority: 10 })])
      const { fence, jobs } = await subject.engine.claim(aClaim({ max: 1 }))
      const engine = await subject.reopen?.()
      if (!engine) return
      assert.equal((await whole(engine, 'kept')).record.status, 'pending')
      const { applied } = await engine.apply(jobs.map(({ record }) => completed(record, fence, 1)))
      assert.equal(applied[0]?.outcome, 'applied')
      assert.ok((await engine.claim(aClaim())).fence > fence)
    },
  },
]

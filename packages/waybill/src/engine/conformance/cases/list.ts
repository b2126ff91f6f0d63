// list, count, queues: pages that stay put while others write, and counts that agree with them.
import assert from 'node:assert/strict'
import { cancel, completed, failed } from '../../../job/decide.ts'
import { statuses } from '../../../job/status.ts'
import type { Engine, JobFilter, ListRequest } from '../../engine.ts'
import { about, aClaim, aJob, decided, half, oops, recordOf, type Case } from '../subject.ts'

async function listed(engine: Engine, filter: JobFilter, more: Partial<ListRequest> = {}): Promise<string[]> {
  return (await engine.list({ filter, limit: 100, ...more })).records.map(({ id }) => id)
}

/** Counts must be what a walk through the list finds. */
async function countsAgree(engine: Engine, filter: JobFilter): Promise<void> {
  const counts = await engine.count(filter)
  for (const status of statuses)
    assert.equal(counts[status], (await listed(engine, { ...filter, status: [status] })).length, status)
}

const five = ['p0', 'p1', 'p2', 'p3', 'p4']

export const listCases: Case[] = [
  {
    name: 'a job that never was is null, for every read',
    async run({ engine }) {
      assert.deepEqual(await engine.get(['nobody']), [null])
      assert.deepEqual(await engine.revs(['nobody']), [null])
      assert.deepEqual(await engine.logs('nobody', 0, 10), [])
      assert.deepEqual(await engine.get([]), [])
      assert.deepEqual(await engine.revs([]), [])
      assert.deepEqual(await engine.list({ filter: {}, limit: 10 }), { records: [], next: null })
    },
  },
  {
    name: 'get answers in the order asked for, also twice the same',
    async run({ engine }) {
      await engine.insert(five.map((id) => aJob({ id })))
      const found = await engine.get(['p3', 'nobody', 'p1', 'p3'])
      assert.deepEqual(
        found.map((one) => (one && 'record' in one ? one.record.id : null)),
        ['p3', null, 'p1', 'p3'],
      )
      assert.deepEqual(await engine.revs(['p3', 'nobody', 'p1']), [1, null, 1])
    },
  },
  {
    name: 'jobs of one batch that are found by more than their owner stand in their order in the list of the owner',
    async run({ engine }) {
      const subjects = [null, 'thing', null, 'thing', null]
      await engine.insert(five.map((id, i) => aJob({ id, userId: 'u', subject: subjects[i] ?? null })))
      const page = await engine.list({ filter: { userId: 'u' }, limit: 2, oldestFirst: true })
      const rest = await engine.list({ filter: { userId: 'u' }, limit: 9, oldestFirst: true, after: page.next })
      const ids = [...page.records, ...rest.records].map(({ id }) => id)
      assert.deepEqual(ids, five)
      assert.deepEqual(await listed(engine, { subject: 'thing' }), ['p3', 'p1'])
    },
  },
  {
    name: 'lists are newest first, page by page, and stay put while jobs are added',
    async run({ engine }) {
      await engine.insert(five.map((id) => aJob({ id })))
      const seen: string[][] = []
      let after: string | null = null
      do {
        const page: Awaited<ReturnType<Engine['list']>> = await engine.list({ filter: {}, limit: 2, after })
        seen.push(page.records.map(({ id }) => id))
        after = page.next
        await engine.insert([aJob({ id: `late-${seen.length}` })])
      } while (after !== null && seen.length < 9) // an engine without cursors would never come to an end
      assert.deepEqual(seen, [['p4', 'p3'], ['p2', 'p1'], ['p0']])
    },
  },
  {
    name: 'a page that is just full has no next one',
    async run({ engine }) {
      await engine.insert(five.map((id) => aJob({ id })))
      assert.equal((await engine.list({ filter: {}, limit: 5 })).next, null)
      const first = await engine.list({ filter: {}, limit: 3, oldestFirst: true })
      const rest = await engine.list({ filter: {}, limit: 2, oldestFirst: true, after: first.next })
      assert.deepEqual(
        [...first.records, ...rest.records].map(({ id }) => id),
        five,
      )
      assert.equal(rest.next, null)
    },
  },
  {
    name: 'the next page goes on where the one before ended, though its last job was purged or has moved on',
    async run({ engine }) {
      await engine.insert(five.map((id) => aJob({ id })))
      const newest = await engine.list({ filter: {}, limit: 2 })
      const oldest = await engine.list({ filter: {}, limit: 2, oldestFirst: true })
      const { jobs, fence } = await engine.claim(aClaim())
      await engine.apply(jobs.map(({ record }) => completed(record, fence, null)))
      for (const id of ['p3', 'p1']) await engine.purge(1, id)
      assert.deepEqual(await listed(engine, {}, { after: newest.next }), ['p2', 'p0'])
      assert.deepEqual(await listed(engine, {}, { after: oldest.next, oldestFirst: true }), ['p2', 'p4'])
    },
  },
  {
    name: 'numbered pages skip, in either direction',
    async run({ engine }) {
      await engine.insert(five.map((id) => aJob({ id })))
      assert.deepEqual(await listed(engine, {}, { limit: 2, offset: 1 }), ['p3', 'p2'])
      assert.deepEqual(await listed(engine, {}, { limit: 2, offset: 1, oldestFirst: true }), ['p1', 'p2'])
      assert.deepEqual(await listed(engine, {}, { limit: 2, offset: 9 }), [])
    },
  },
  {
    name: 'every filter finds its jobs and no others',
    async run({ engine, advance }) {
      await engine.insert([aJob({ id: 'plain' })])
      advance(10_000)
      const middle = engine.now() - 5_000
      const special = { type: 'video', queue: 'q2', userId: 'bob', subject: 's', tags: ['red', 'blue'] }
      const more = { title: 'Summer Trip', batchId: 'b', scheduleKey: 'k', parentId: 'plain' }
      await engine.insert([aJob({ id: 'special', ...special, ...more }), aJob({ id: 'nobodys', userId: null })])
      const filters: JobFilter[] = [
        { type: 'video' },
        { queue: 'q2' },
        { userId: 'bob' },
        { subject: 's' },
        { tag: 'blue' },
        { batchId: 'b' },
        { scheduleKey: 'k' },
        { parentId: 'plain' },
        { userId: 'bob', status: ['pending', 'failed'] },
        { createdAfter: middle, userId: 'bob' },
        { subject: 's', tag: 'red', type: 'video', queue: 'q2', batchId: 'b', parentId: 'plain', scheduleKey: 'k' },
      ]
      for (const filter of filters) assert.deepEqual(await listed(engine, filter), ['special'], JSON.stringify(filter))
      const none: JobFilter[] = [{ tag: 'bl' }, { userId: 'bob', status: ['failed'] }, { subject: 's', queue: 'x' }]
      for (const filter of none) assert.deepEqual(await listed(engine, filter), [], JSON.stringify(filter))
      assert.deepEqual(await listed(engine, { status: [] }), [])
      assert.deepEqual(await listed(engine, { userId: null }), ['nobodys'])
      assert.deepEqual(await listed(engine, { createdBefore: middle }), ['plain'])
      assert.deepEqual(await listed(engine, { updatedSince: middle, type: 'demo' }), ['nobodys'])
    },
  },
  {
    name: 'created after and before leave out the instant itself, updated since takes it in',
    async run({ engine, advance }) {
      await engine.insert([aJob({ id: 'a' })])
      advance(1_000)
      await engine.claim(aClaim())
      const { createdAt, updatedAt } = await recordOf(engine, 'a')
      assert.deepEqual(await listed(engine, { createdAfter: createdAt }), [])
      assert.deepEqual(await listed(engine, { createdBefore: createdAt }), [])
      assert.deepEqual(await listed(engine, { createdAfter: createdAt - 1, createdBefore: createdAt + 1 }), ['a'])
      assert.deepEqual(await listed(engine, { updatedSince: updatedAt }), ['a'])
      assert.deepEqual(await listed(engine, { updatedSince: updatedAt + 1 }), [])
    },
  },
  {
    name: 'text is sought in title, type and id, each by itself, whatever the case, and means itself',
    async run({ engine }) {
      await engine.insert([
        aJob({ id: 'one', title: '100 % Übung_A', type: 'render' }),
        aJob({ id: 'two', title: null, type: 'Video.Cut' }),
      ])
      for (const text of ['100 %', 'übung', 'ÜBUNG_a', 'RENDER', 'ONE'])
        assert.deepEqual(await listed(engine, { text }), ['one'], text)
      assert.deepEqual(await listed(engine, { text: 'video.cut' }), ['two'])
      for (const text of ['100%', '_b', 'a render', 'cut two', '%%'])
        assert.deepEqual(await listed(engine, { text }), [], text)
    },
  },
  {
    name: 'lists by status follow the job wherever it goes',
    async run({ engine }) {
      await engine.insert([aJob({ id: 'a' }), aJob({ id: 'b' }), aJob({ id: 'later' }, { delayMs: 9_000 })])
      assert.deepEqual(await listed(engine, { status: ['pending', 'scheduled'] }), ['later', 'b', 'a'])
      const { jobs, fence } = await engine.claim(aClaim())
      assert.deepEqual(await listed(engine, { status: ['processing'] }), ['b', 'a'])
      const [a, b] = jobs
      if (a && b) await engine.apply([completed(a.record, fence, 1), failed(b.record, fence, oops, half, 'never')])
      assert.deepEqual(await listed(engine, { status: ['completed'] }), ['a'])
      assert.deepEqual(await listed(engine, { status: ['failed'] }), ['b'])
      assert.deepEqual(await listed(engine, { status: ['failed', 'cancelled', 'completed'] }), ['b', 'a'])
      assert.deepEqual(await listed(engine, { status: ['processing'] }), [])
      await engine.apply([decided(cancel(await recordOf(engine, 'later')))])
      for (const status of [['failed', 'cancelled'] as const, ['cancelled', 'failed'] as const])
        assert.deepEqual(await listed(engine, { status: [...status] }), ['later', 'b'])
    },
  },
  {
    name: 'counts agree with the lists, whatever has happened',
    async run({ engine, advance }) {
      await engine.insert([aJob(), aJob({ userId: 'bob' }), aJob({}, { delayMs: 9_000 }), aJob({ queue: 'q2' })])
      const { jobs, fence } = await engine.claim(aClaim({ max: 2 }))
      await engine.apply(jobs.slice(0, 1).map(({ record }) => completed(record, fence, null)))
      const filters = [{}, { queue: 'default' }, { userId: 'ada' }, { queue: 'q2', userId: 'ada' }, { type: 'demo' }]
      for (const filter of filters) await countsAgree(engine, filter)
      advance(8 * 86_400_000)
      await engine.purge(10)
      for (const filter of filters) await countsAgree(engine, filter)
    },
  },
  {
    name: 'queues say how they stand: counts, pause, and the age of the oldest pending job',
    async run({ engine, advance }) {
      await engine.insert([aJob({ queue: 'q' })])
      advance(5_000)
      await engine.insert([aJob({ queue: 'q' }), aJob({ queue: 'q' }, { delayMs: 9_000 })])
      await engine.putDoc('queue', 'p', { paused: true }, null)
      await engine.putDoc('other', 'no-queue', { paused: true }, null)
      const rows = await engine.queues()
      assert.deepEqual(
        rows.map(({ queue, paused, counts }) => [queue, paused, counts.pending, counts.scheduled]),
        [
          ['p', true, 0, 0],
          ['q', false, 2, 1],
        ],
      )
      about(rows[1]?.oldestPendingAt ?? null, engine.now() - 5_000)
      assert.equal(rows[0]?.oldestPendingAt, null)
    },
  },
]

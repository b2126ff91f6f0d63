// Documents, roles and workers: what processes tell each other through the store.
import assert from 'node:assert/strict'
import { about, type Case } from '../subject.ts'

export const docCases: Case[] = [
  {
    name: 'a document is stored if its rev is the one expected',
    async run({ engine }) {
      assert.equal(await engine.putDoc('api_key', 'k', { a: 1 }, 0), true)
      assert.equal(await engine.putDoc('api_key', 'k', { a: 2 }, 0), false)
      assert.equal(await engine.putDoc('api_key', 'k', { a: 2 }, 1), true)
      assert.equal(await engine.putDoc('api_key', 'k', { a: 3 }, 1), false)
      const [doc] = await engine.docs('api_key', 'k')
      assert.deepEqual([doc?.kind, doc?.key, doc?.rev, doc?.body], ['api_key', 'k', 2, { a: 2 }])
      about(doc?.updatedAt ?? null, engine.now())
      assert.equal(await engine.putDoc('api_key', 'k', { a: 4 }, null), true)
      assert.deepEqual(
        (await engine.docs('api_key')).map(({ rev, body }) => [rev, body]),
        [[3, { a: 4 }]],
      )
    },
  },
  {
    name: 'a document is deleted at the rev expected, and may then be made anew',
    async run({ engine }) {
      await engine.putDoc('x', 'k', { a: 1 }, null)
      assert.equal(await engine.putDoc('x', 'k', null, 7), false)
      assert.equal(await engine.putDoc('x', 'k', null, 1), true)
      assert.deepEqual(await engine.docs('x'), [])
      assert.equal(await engine.putDoc('x', 'k', { a: 2 }, 0), true)
      assert.equal(await engine.putDoc('x', 'nobody', null, null), true)
    },
  },
  {
    name: 'documents are found by kind, in the order of their keys',
    async run({ engine }) {
      for (const key of ['b', 'a b', 'ü']) await engine.putDoc('x', key, { key }, 0)
      await engine.putDoc('x b', 'a', {}, 0)
      assert.deepEqual(
        (await engine.docs('x')).map(({ key }) => key),
        ['a b', 'b', 'ü'],
      )
      assert.deepEqual(await engine.docs('x', 'a'), [])
      assert.deepEqual(await engine.docs('y'), [])
    },
  },
  {
    name: 'of many who write a document expecting the same rev, one succeeds',
    async run({ engine }) {
      const tries = Array.from({ length: 20 }, (_, n) => engine.putDoc('x', 'k', { n }, 0))
      assert.equal((await Promise.all(tries)).filter(Boolean).length, 1)
    },
  },
  {
    name: 'a role has one holder until its time is over',
    async run({ engine, advance }) {
      assert.equal(await engine.lead('sweep', 'a', 1_000), true)
      assert.equal(await engine.lead('sweep', 'b', 1_000), false)
      assert.equal(await engine.lead('other', 'b', 1_000), true)
      assert.equal(await engine.lead('sweep', 'a', 5_000), true)
      advance(4_000)
      assert.equal(await engine.lead('sweep', 'b', 1_000), false)
      advance(1_000)
      assert.equal(await engine.lead('sweep', 'b', 1_000), true)
      assert.equal(await engine.lead('sweep', 'a', 1_000), false)
    },
  },
  {
    name: 'workers are known until they sign off or fall silent',
    async run({ engine, advance }) {
      const worker = { id: 'w', name: 'host:1', queues: ['q'], slots: 4 }
      await engine.enrol(worker, 10_000)
      advance(9_000)
      await engine.extend({ workerId: 'w', leaseMs: 1, leases: [], jobs: [] })
      advance(9_000)
      const [row] = await engine.workers()
      assert.deepEqual([row?.id, row?.name, row?.queues, row?.slots], ['w', 'host:1', ['q'], 4])
      about(row?.startedAt ?? null, engine.now() - 18_000)
      about(row?.heartbeatAt ?? null, engine.now() - 9_000)
      advance(2_000)
      assert.deepEqual(await engine.workers(), [])
      await engine.enrol(worker, 10_000)
      advance(9_000)
      about((await engine.workers())[0]?.heartbeatAt ?? null, engine.now() - 9_000)
      advance(1_000)
      assert.deepEqual(await engine.workers(), [])
      await engine.enrol(worker, 10_000)
      await engine.enrol(worker, 0)
      assert.deepEqual(await engine.workers(), [])
    },
  },
]

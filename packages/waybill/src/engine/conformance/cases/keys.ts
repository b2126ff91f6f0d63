// Idempotency keys: the same request again is the same job, whoever asks how often.
import assert from 'node:assert/strict'
import { completed } from '../../../job/decide.ts'
import type { Inserted } from '../../engine.ts'
import { aClaim, aJob, recordOf, type Case } from '../subject.ts'

const key = (hash: string, name = 'ada k') => ({ key: name, hash, keepMs: 60_000 })
const outcomes = (answers: Inserted[]) => answers.map(({ outcome, id }) => [outcome, id])

export const keyCases: Case[] = [
  {
    name: 'an idempotency key answers the job that exists, and refuses another content',
    async run({ engine }) {
      await engine.insert([aJob({ id: 'first' }, { idempotency: key('h1') })])
      const again = await engine.insert([
        aJob({ id: 'b' }, { idempotency: key('h1') }),
        aJob({ id: 'c' }, { idempotency: key('h2') }),
        aJob({ id: 'd' }, { idempotency: key('h2', 'bob k') }),
      ])
      assert.deepEqual(outcomes(again), [
        ['replayed', 'first'],
        ['key_reused', 'first'],
        ['created', 'd'],
      ])
      assert.deepEqual(await engine.get(['b', 'c']), [null, null])
    },
  },
  {
    name: 'an idempotency key counts within one batch too',
    async run({ engine }) {
      const three = ['h1', 'h1', 'h2'].map((hash, n) => aJob({ id: `j${n}` }, { idempotency: key(hash) }))
      assert.deepEqual(outcomes(await engine.insert(three)), [
        ['created', 'j0'],
        ['replayed', 'j0'],
        ['key_reused', 'j0'],
      ])
    },
  },
  {
    name: 'an idempotency key is forgotten in time, also without a purge',
    async run({ engine, advance }) {
      await engine.insert([aJob({}, { idempotency: key('h1') })])
      advance(59_000)
      assert.equal((await engine.insert([aJob({}, { idempotency: key('h1') })]))[0]?.outcome, 'replayed')
      advance(1_000)
      const next = await engine.insert([aJob({ id: 'next' }, { idempotency: key('h2') })])
      assert.deepEqual(outcomes(next), [['created', 'next']])
      const again = await engine.insert([aJob({}, { idempotency: key('h2') })])
      assert.deepEqual(outcomes(again), [['replayed', 'next']])
    },
  },
  {
    name: 'a replay needs no room in a full queue',
    async run({ engine }) {
      const job = (id: string) => aJob({ id }, { idempotency: key('h'), maxPending: 1 })
      await engine.insert([job('a')])
      assert.deepEqual(outcomes(await engine.insert([job('b')])), [['replayed', 'a']])
    },
  },
  {
    name: 'a job that was refused leaves no key behind',
    async run({ engine }) {
      await engine.insert([aJob({ id: 'taken' })])
      const keyed = (id: string) => aJob({ id }, { idempotency: key('h') })
      assert.deepEqual(outcomes(await engine.insert([keyed('taken')])), [['id_taken', 'taken']])
      await engine.insert([keyed('x'), aJob({ id: 'taken' })], { atomic: true })
      assert.deepEqual(outcomes(await engine.insert([keyed('new')])), [['created', 'new']])
    },
  },
  {
    name: 'an atomic batch that fails takes the replays of its own jobs down with it',
    async run({ engine }) {
      await engine.insert([aJob({ id: 'taken' })])
      const twice = ['a', 'b'].map((id) => aJob({ id }, { idempotency: key('h') }))
      assert.deepEqual(outcomes(await engine.insert([...twice, aJob({ id: 'taken' })], { atomic: true })), [
        ['not_stored', 'a'],
        ['not_stored', 'b'],
        ['id_taken', 'taken'],
      ])
    },
  },
  {
    name: 'a key outlives its job: the answer names the job that was',
    async run({ engine }) {
      await engine.insert([aJob({ id: 'a' }, { idempotency: key('h') })])
      const { jobs, fence } = await engine.claim(aClaim())
      await engine.apply(jobs.map(({ record }) => completed(record, fence, null)))
      await engine.purge(1, 'a')
      const again = [aJob({ id: 'b' }, { idempotency: key('h') }), aJob({ id: 'a' })]
      assert.deepEqual(outcomes(await engine.insert(again, { atomic: true })), [
        ['replayed', 'a'],
        ['id_taken', 'a'],
      ])
    },
  },
  {
    name: 'a thousand inserts with one key at the same time make one job',
    async run({ engine }) {
      const all = await Promise.all(
        Array.from({ length: 1_000 }, () => engine.insert([aJob({}, { idempotency: key('h') })])),
      )
      const created = all.flat().filter(({ outcome }) => outcome === 'created')
      const replayed = all.flat().filter(({ outcome }) => outcome === 'replayed')
      assert.deepEqual([created.length, replayed.length], [1, 999])
      assert.equal(new Set(all.flat().map(({ id }) => id)).size, 1)
      assert.equal((await recordOf(engine, created[0]?.id ?? '')).rev, 1)
    },
  },
]

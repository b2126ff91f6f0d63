// due: the jobs that time has something to say about.
import assert from 'node:assert/strict'
import { due as promoted, retried } from '../../../job/decide.ts'
import type { Engine } from '../../engine.ts'
import { aClaim, aJob, decided, leaseMs, recordOf, running, whole, type Case } from '../subject.ts'

const due = async (engine: Engine, kind: Parameters<Engine['due']>[0]) =>
  (await engine.due(kind, 10)).map(({ id }) => id)

export const dueCases: Case[] = [
  {
    name: 'due jobs come most overdue first, at most as many as asked for',
    async run({ engine, advance }) {
      const delays = { c: 3_000, b: 2_000, a: 1_000 }
      await engine.insert(Object.entries(delays).map(([id, delayMs]) => aJob({ id }, { delayMs })))
      advance(2_500)
      assert.deepEqual(await due(engine, 'run_at'), ['a', 'b'])
      assert.deepEqual(
        (await engine.due('run_at', 1)).map(({ id }) => id),
        ['a'],
      )
      assert.deepEqual(await engine.due('run_at', 0), [])
    },
  },
  {
    name: 'leases that have run out are due, the longest overdue first',
    async run({ engine, advance }) {
      const { fence } = await running(engine, { id: 'renewed' })
      await running(engine, { id: 'silent' })
      advance(5_000)
      await engine.extend({ workerId: 'worker-1', leaseMs, leases: [{ fence, begun: 1 }], jobs: [] })
      advance(leaseMs - 5_000)
      assert.deepEqual(await due(engine, 'lease'), ['silent'])
      advance(5_000)
      assert.deepEqual(await due(engine, 'lease'), ['silent', 'renewed'])
      assert.equal((await engine.due('lease', 1))[0]?.lease?.workerId, 'worker-1')
    },
  },
  {
    name: 'a job that did not start in time is due, one that did is not',
    async run({ engine, advance }) {
      const policy = { ...aJob().spec.policy, startWithinMs: 1_000 }
      await engine.insert([aJob({ id: 'started', policy })])
      await engine.claim(aClaim())
      await engine.insert([aJob({ id: 'late', policy }), aJob({ id: 'delayed', policy }, { delayMs: 9_000 })])
      assert.deepEqual(await due(engine, 'start_by'), [])
      advance(1_000)
      assert.deepEqual((await due(engine, 'start_by')).toSorted(), ['delayed', 'late'])
    },
  },
  {
    name: 'a delayed job whose time has come must still start in time',
    async run({ engine, advance }) {
      const policy = { ...aJob().spec.policy, startWithinMs: 5_000 }
      await engine.insert([aJob({ id: 'a', policy }, { delayMs: 1_000 })])
      advance(1_000)
      await engine.apply((await engine.due('run_at', 10)).map(promoted))
      assert.deepEqual(await due(engine, 'start_by'), [])
      advance(4_000)
      assert.deepEqual(await due(engine, 'start_by'), ['a'])
    },
  },
  {
    name: 'a job that missed its start once may be retried without end',
    async run({ engine, advance }) {
      await engine.insert([aJob({ id: 'a', policy: { ...aJob().spec.policy, startWithinMs: 1_000 } })])
      advance(1_000)
      const { record } = await whole(engine, 'a')
      await engine.apply([
        {
          id: 'a',
          expect: { rev: record.rev },
          to: 'failed',
          set: {},
          keepMs: 1,
          event: { type: 'expired', data: {} },
        },
      ])
      assert.deepEqual(await due(engine, 'start_by'), [])
      await engine.apply([decided(retried(await recordOf(engine, 'a')))])
      assert.deepEqual(await due(engine, 'start_by'), [])
      assert.equal((await engine.claim(aClaim())).jobs.length, 1)
    },
  },
]

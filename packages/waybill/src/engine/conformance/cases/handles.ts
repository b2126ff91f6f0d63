// Two handles on one store, as two processes have; and what is there after a restart.
import assert from 'node:assert/strict'
import { completed, due } from '../../../job/decide.ts'
import type { Engine } from '../../engine.ts'
import { nextHint } from './hints.ts'
import { aClaim, aJob, idsOf, leaseMs, recordOf, running, whole, type Case, type Subject } from '../subject.ts'

async function pairOf({ engine, another }: Subject): Promise<Engine[]> {
  if (!another) throw new Error('this subject cannot open another handle')
  return [engine, await another()]
}

const key = { key: 'k', hash: 'h', keepMs: 60_000 }

export const handleCases: Case[] = [
  {
    name: 'what one handle writes the other reads, is hinted at, and stamps',
    needs: 'another',
    async run(subject) {
      const [mine, other] = await pairOf(subject)
      if (!mine || !other) return
      const stamp = mine.stamp()
      const hint = nextHint(mine)
      await other.insert([aJob({ id: 'theirs' })])
      assert.equal((await whole(mine, 'theirs')).record.rev, 1)
      if (mine.can.stamp) assert.notEqual(mine.stamp(), stamp)
      await hint
    },
  },
  {
    name: 'two handles that claim at once never get the same job, nor the same fence',
    needs: 'another',
    async run(subject) {
      const handles = await pairOf(subject)
      await subject.engine.insert(Array.from({ length: 60 }, () => aJob()))
      const claims = await Promise.all(
        Array.from({ length: 6 }, (_, i) =>
          handles.map((handle, h) => handle.claim(aClaim({ max: 5, workerId: `w${i}-${h}` }))),
        ).flat(),
      )
      assert.equal(new Set(claims.flatMap(idsOf)).size, 60)
      assert.equal(new Set(claims.map(({ fence }) => fence)).size, 12)
    },
  },
  {
    name: 'of two handles that end, promote or lead at once, one succeeds',
    needs: 'another',
    async run(subject) {
      const handles = await pairOf(subject)
      const { id, record, fence } = await running(subject.engine)
      await subject.engine.insert([aJob({ id: 'later' }, { delayMs: 1_000 })])
      subject.advance(1_000)
      const later = await recordOf(subject.engine, 'later')
      const races = [() => completed(record, fence, 'x'), () => due(later)]
      for (const change of races) {
        const applied = await Promise.all(handles.map((handle) => handle.apply([change()])))
        const outcomes = applied.map((one) => one.applied[0]?.outcome)
        assert.deepEqual(new Set(outcomes), new Set(['applied', 'lost']))
      }
      assert.deepEqual(
        [(await recordOf(subject.engine, id)).rev, (await recordOf(subject.engine, 'later')).rev],
        [3, 2],
      )
      const led = await Promise.all(handles.map((handle, n) => handle.lead('role', `h${n}`, leaseMs)))
      assert.deepEqual(led.filter(Boolean), [true])
    },
  },
  {
    name: 'a thousand inserts with one key through two handles make one job',
    needs: 'another',
    async run(subject) {
      const handles = await pairOf(subject)
      const all = await Promise.all(
        Array.from({ length: 500 }, () =>
          handles.map((handle) => handle.insert([aJob({}, { idempotency: key })])),
        ).flat(),
      )
      assert.equal(all.flat().filter(({ outcome }) => outcome === 'created').length, 1)
      assert.equal(new Set(all.flat().map(({ id }) => id)).size, 1)
      assert.equal((await subject.engine.count({})).pending, 1)
    },
  },
  {
    name: 'what was acknowledged is there after the store was opened anew: jobs, leases, fences, keys, documents',
    needs: 'reopen',
    async run({ engine: before, reopen }) {
      await before.insert([aJob({ id: 'kept' }, { idempotency: key }), aJob({ id: 'running', priority: 10 })])
      const { fence, jobs } = await before.claim(aClaim({ max: 1 }))
      await before.note(jobs.map(({ record }) => ({ id: record.id, fence, progress: 0.5 })))
      await before.putDoc('x', 'k', { a: 1 }, 0)
      const engine = await reopen?.()
      if (!engine) return
      assert.deepEqual((await engine.insert([aJob({}, { idempotency: key })]))[0]?.outcome, 'replayed')
      assert.equal((await engine.docs('x')).length, 1)
      const { progress, lease } = await recordOf(engine, 'running')
      assert.deepEqual([progress, lease?.fence], [0.5, fence])
      const { applied } = await engine.apply(jobs.map(({ record }) => completed(record, fence, 1)))
      assert.deepEqual(applied[0]?.outcome, 'applied')
      const next = await engine.claim(aClaim())
      assert.deepEqual(idsOf(next), ['kept'])
      assert.ok(next.fence > fence)
    },
  },
]

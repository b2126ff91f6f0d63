// How recorded steps are forgotten: by a retry that begins at one of them, and only with it.
import assert from 'node:assert/strict'
import { completed } from '../../../job/decide.ts'
import { rerun } from '../../../job/rerun.ts'
import { aClaim, outcomeOf, running, whole, type Case } from '../subject.ts'

export const rerunCases: Case[] = [
  {
    name: 'a retry from a step forgets that step and all that began later, and keeps the others',
    async run({ engine }) {
      const { id, record, fence } = await running(engine)
      const step = (key: string, startedAt: number) =>
        ({ key, status: 'completed', attempt: 1, startedAt, result: key }) as const
      await engine.note([{ id, fence, steps: [step('a', 1), step('b', 2)] }])
      await engine.note([{ id, fence, steps: [step('c', 3)] }])
      await engine.apply([completed(record, fence, null)])
      const before = await whole(engine, id)
      const change = rerun(before.record, before.steps, { fromStep: 'b' })
      assert.ok(change !== null && change !== 'no such step')
      assert.equal(await outcomeOf(engine, change), 'applied')
      assert.equal(await outcomeOf(engine, change), 'lost')
      const { steps, timeline } = await whole(engine, id)
      assert.deepEqual(
        steps.map(({ key }) => key),
        ['a'],
      )
      assert.deepEqual(timeline.at(-1)?.data, { from_step: 'b' })
      const again = await engine.claim(aClaim())
      assert.deepEqual(
        again.jobs.map((job) => job.steps.map(({ key, result }) => [key, result])),
        [[['a', 'a']]],
      )
      await engine.note([{ id, fence: again.fence, steps: [step('b', 5)] }])
      assert.deepEqual(
        (await whole(engine, id)).steps.map(({ key, startedAt }) => [key, startedAt]),
        [
          ['a', 1],
          ['b', 5],
        ],
      )
    },
  },
  {
    name: 'steps are forgotten only with the change that says so, and may be recorded anew in the same call',
    async run({ engine }) {
      const { id, fence } = await running(engine)
      const step = { key: 'a', status: 'completed', attempt: 1, startedAt: 1, result: 'old' } as const
      await engine.note([{ id, fence, steps: [step, { ...step, key: 'b' }] }])
      const says = { id, to: 'processing', set: {}, event: { type: 'signalled', data: {} } } as const
      const { applied } = await engine.apply([
        { ...says, expect: { fence: fence + 1 }, dropSteps: ['a', 'b'] },
        { ...says, expect: { fence, withoutSteps: ['a'] }, dropSteps: ['b'] },
        { ...says, expect: { fence }, dropSteps: ['a', 'b', 'never was'] },
        { ...says, expect: { fence, withoutSteps: ['a', 'b'] }, dropSteps: ['a'], steps: [{ ...step, result: 'new' }] },
      ])
      assert.deepEqual(
        applied.map(({ outcome }) => outcome),
        ['lost', 'changed', 'applied', 'applied'],
      )
      assert.deepEqual(
        (await whole(engine, id)).steps.map(({ key, result }) => [key, result]),
        [['a', 'new']],
      )
    },
  },
  {
    name: 'a step never ends before it began, whatever the clock of its worker says',
    async run({ engine }) {
      const { id, fence } = await running(engine)
      const startedAt = engine.now() + 60_000
      await engine.note([{ id, fence, steps: [{ key: 'a', status: 'completed', attempt: 1, startedAt, result: 1 }] }])
      const [step] = (await whole(engine, id)).steps
      assert.deepEqual([step?.startedAt, step?.endedAt], [startedAt, startedAt])
    },
  },
]

// note: what a running attempt has to say.
import assert from 'node:assert/strict'
import { released } from '../../../job/decide.ts'
import { limits } from '../../../job/limits.ts'
import type { Note } from '../../engine.ts'
import { aClaim, about, outcomeOf, running, whole, type Case } from '../subject.ts'

const line = (message: string, audience: 'owner' | 'operator' = 'owner'): NonNullable<Note['logs']>[number] => ({
  level: 'info',
  message,
  fields: { n: 1 },
  attempt: 1,
  audience,
})

const step = (key: string, result: number): NonNullable<Note['steps']>[number] => ({
  key,
  status: 'completed',
  attempt: 1,
  startedAt: 1,
  result,
})

export const noteCases: Case[] = [
  {
    name: 'each visible change is a rev, progress never falls, and what says nothing new changes nothing',
    async run({ engine, advance }) {
      const { id, fence } = await running(engine)
      advance(2_000)
      const counts = { done: 1, total: 3, unit: 'page' }
      const revs = await engine.note([
        { id, fence, progress: 0.4, progressMessage: 'a', stage: 'S', counts },
        { id, fence, progress: 0.2 },
        { id, fence, progressMessage: 'b' },
        { id, fence, counts },
      ])
      assert.deepEqual(revs, [3, 3, 4, 4])
      const { record, timeline } = await whole(engine, id)
      assert.equal(record.rev, 4)
      about(record.updatedAt, engine.now())
      assert.deepEqual([record.progress, record.progressMessage, record.stage, record.counts], [0.4, 'b', 'S', counts])
      assert.deepEqual(
        timeline.map(({ seq }) => seq),
        [1, 2],
      )
    },
  },
  {
    name: 'no notes, and notes for nobody or under another fence, keep nothing',
    async run({ engine }) {
      const { id, fence } = await running(engine)
      const before = await whole(engine, id)
      assert.deepEqual(await engine.note([]), [])
      const lost = { fence: fence + 1, progress: 0.5, logs: [line('x')], steps: [step('s', 1)] }
      assert.deepEqual(
        await engine.note([
          { id, ...lost },
          { ...lost, id: 'nobody' },
        ]),
        ['lost', 'lost'],
      )
      assert.deepEqual(await whole(engine, id), before)
      assert.deepEqual(await engine.logs(id, 0, 10), [])
    },
  },
  {
    name: 'log lines are numbered from one, and read on from where one was',
    async run({ engine }) {
      const { id, fence } = await running(engine)
      await engine.note([{ id, fence, logs: [line('m1'), line('m2', 'operator')] }])
      await engine.note([{ id, fence, logs: [line('m3')] }])
      const lines = await engine.logs(id, 0, 10)
      assert.deepEqual(
        lines.map(({ seq, message, audience, fields }) => [seq, message, audience, fields]),
        [
          [1, 'm1', 'owner', { n: 1 }],
          [2, 'm2', 'operator', { n: 1 }],
          [3, 'm3', 'owner', { n: 1 }],
        ],
      )
      about(lines[0]?.at ?? null, engine.now())
      assert.deepEqual(
        (await engine.logs(id, 1, 1)).map(({ seq }) => seq),
        [2],
      )
      assert.deepEqual(await engine.logs(id, 3, 10), [])
    },
  },
  {
    name: 'beyond the limit of a job, the oldest log lines go',
    async run({ engine }) {
      const { id, fence } = await running(engine)
      await engine.note([{ id, fence, logs: Array.from({ length: limits['logLines'] + 5 }, () => line('m')) }])
      const kept = await engine.logs(id, 0, 3)
      assert.deepEqual(
        kept.map(({ seq }) => seq),
        [6, 7, 8],
      )
    },
  },
  {
    name: 'steps are kept with the job, one a key, and come along with the next claim',
    async run({ engine, advance }) {
      const { id, record, fence } = await running(engine)
      await engine.note([{ id, fence, steps: [], logs: [] }])
      assert.equal((await whole(engine, id)).record.hasSteps, false)
      await engine.note([{ id, fence, steps: [step('a', 1), step('b', 2)] }])
      advance(2_000)
      await engine.note([{ id, fence, steps: [{ ...step('a', 3), status: 'failed', attempt: 2, startedAt: 7 }] }])
      const { steps, record: after } = await whole(engine, id)
      const again = steps.find(({ key }) => key === 'a')
      assert.deepEqual([again?.status, again?.attempt, again?.startedAt], ['failed', 2, 7])
      about(again?.endedAt ?? null, engine.now())
      const shown = (all: { key: string; result: unknown }[]) =>
        all.map(({ key, result }) => `${key}=${String(result)}`).toSorted()
      assert.deepEqual(shown(steps), ['a=3', 'b=2'])
      assert.deepEqual([after.hasSteps, after.rev], [true, 2])
      assert.equal(await outcomeOf(engine, released(record, fence, 'test')), 'applied')
      const { jobs } = await engine.claim(aClaim())
      assert.deepEqual(shown(jobs[0]?.steps ?? []), ['a=3', 'b=2'])
    },
  },
]

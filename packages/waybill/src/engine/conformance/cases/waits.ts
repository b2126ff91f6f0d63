// Jobs that wait: steps that a Change brings along, what it expects of those that are there, and waits that end by themselves.
import assert from 'node:assert/strict'
import type { Change, NewStep } from '../../../job/change.ts'
import { due } from '../../../job/decide.ts'
import { parked, signalSent, waitOver } from '../../../job/waits.ts'
import type { Engine } from '../../engine.ts'
import { about, aClaim, aJob, idsOf, outcomeOf, recordOf, running, whole, type Case } from '../subject.ts'

const second = 1_000
const begun = (key: string, ms: number): NewStep => ({
  key,
  status: 'completed',
  attempt: 1,
  startedAt: 1,
  result: { ms },
})
const forSignal = {
  ms: 60 * second,
  signals: [{ name: 'ok', key: 'signal:ok' }],
  begun: [begun('wait:ok', 60 * second)],
}

async function sent(engine: Engine, id: string, name: string, payload: string): Promise<Change> {
  const { record, steps } = await whole(engine, id)
  const change = signalSent(record, steps, { name, payload }, engine.now())
  assert.ok(change !== null && change !== 'full')
  return change
}

const keys = ({ steps }: Awaited<ReturnType<typeof whole>>): string[] => steps.map(({ key }) => key).toSorted()

export const waitCases: Case[] = [
  {
    name: 'a sleep is recorded in the write that begins it, and comes along with the next claim',
    async run({ engine, advance }) {
      const { id, record, fence } = await running(engine)
      const change = parked(record, fence, { ms: 60 * second, signals: [], begun: [begun('sleep:a', 60 * second)] })
      assert.equal(await outcomeOf(engine, change), 'applied')
      const asleep = await whole(engine, id)
      assert.deepEqual([asleep.record.status, asleep.record.attempt, asleep.record.hasSteps], ['scheduled', 0, true])
      about(asleep.steps[0]?.endedAt ?? null, asleep.record.updatedAt)
      assert.deepEqual(await engine.due('run_at', 10), [])
      advance(61 * second)
      const over = await engine.due('run_at', 10)
      assert.deepEqual(
        over.map((job) => job.id),
        [id],
      )
      await engine.apply(over.map(due))
      const { jobs } = await engine.claim(aClaim())
      assert.deepEqual(
        jobs.map(({ steps }) => steps.map(({ key, result }) => [key, result])),
        [[['sleep:a', { ms: 60 * second }]]],
      )
    },
  },
  {
    name: 'a change that is refused records no step',
    async run({ engine }) {
      const { id, record, fence } = await running(engine)
      const sleep = { ms: 1, signals: [], begun: [begun('sleep:a', 1)] }
      assert.equal(await outcomeOf(engine, parked(record, fence + 1, sleep)), 'lost')
      assert.deepEqual((await whole(engine, id)).steps, [])
      assert.equal((await recordOf(engine, id)).hasSteps, false)
    },
  },
  {
    name: 'a signal wakes the job that waits for it, and no other signal does',
    async run({ engine }) {
      const { id, record, fence } = await running(engine)
      await engine.apply([parked(record, fence, forSignal)])
      assert.equal((await recordOf(engine, id)).status, 'waiting')
      assert.equal(await outcomeOf(engine, await sent(engine, id, 'other', 'x')), 'applied')
      assert.equal((await recordOf(engine, id)).status, 'waiting')
      assert.equal(await outcomeOf(engine, await sent(engine, id, 'ok', 'yes')), 'applied')
      const woken = await whole(engine, id)
      assert.deepEqual([woken.record.status, woken.record.waitReason], ['pending', null])
      assert.equal(woken.steps.find(({ key }) => key === 'signal:ok')?.result, 'yes')
      assert.deepEqual(idsOf(await engine.claim(aClaim())), [id])
    },
  },
  {
    name: 'a signal that comes before the wait keeps the job from waiting',
    async run({ engine }) {
      const { id, record, fence } = await running(engine)
      assert.equal(await outcomeOf(engine, await sent(engine, id, 'ok', 'yes')), 'applied')
      assert.equal((await recordOf(engine, id)).status, 'processing')
      assert.equal(await outcomeOf(engine, parked(record, fence, forSignal)), 'changed')
      const still = await whole(engine, id)
      assert.deepEqual([still.record.status, keys(still)], ['processing', ['signal:ok']])
    },
  },
  {
    name: 'of two that send the same signal at once, one is told to look again, and neither signal is lost',
    async run({ engine }) {
      const { id } = await running(engine)
      const both = [await sent(engine, id, 'ok', 'first'), await sent(engine, id, 'ok', 'second')]
      const { applied } = await engine.apply(both)
      assert.deepEqual(applied.map(({ outcome }) => outcome).toSorted(), ['applied', 'changed'])
      assert.equal(await outcomeOf(engine, await sent(engine, id, 'ok', 'second')), 'applied')
      assert.deepEqual(keys(await whole(engine, id)), ['signal:ok', 'signal:ok#2'])
    },
  },
  {
    name: 'signals are kept for jobs that have not begun, wherever they are',
    async run({ engine, advance }) {
      const [pending, later] = [aJob(), aJob({}, { delayMs: 60 * second })]
      await engine.insert([pending, later])
      for (const { spec } of [pending, later]) {
        const before = await recordOf(engine, spec.id)
        assert.equal(await outcomeOf(engine, await sent(engine, spec.id, 'ok', 'yes')), 'applied')
        const { record, timeline } = await whole(engine, spec.id)
        assert.deepEqual([record.status, record.rev, record.runAt], [before.status, 2, before.runAt])
        assert.deepEqual(
          timeline.map(({ type }) => type),
          ['created', 'signalled'],
        )
      }
      advance(61 * second)
      await engine.apply((await engine.due('run_at', 10)).map(due))
      const claims = [await engine.claim(aClaim()), await engine.claim(aClaim())] // a claim may look at a part of the store
      const got = claims.flatMap(({ jobs }) =>
        jobs.map(({ record, steps }) => [record.id, steps.map(({ key }) => key)]),
      )
      assert.deepEqual(
        got.toSorted(([a], [b]) => (String(a) < String(b) ? -1 : 1)),
        [pending, later]
          .map(({ spec }) => [spec.id, ['signal:ok']])
          .toSorted(([a], [b]) => (String(a) < String(b) ? -1 : 1)),
      )
    },
  },
  {
    name: 'a wait for a signal ends by itself, a wait for parts does not',
    async run({ engine, advance }) {
      const waiter = await running(engine)
      await engine.apply([parked(waiter.record, waiter.fence, forSignal)])
      assert.deepEqual(await engine.due('run_at', 10), [])
      advance(61 * second)
      const over = await engine.due('run_at', 10)
      assert.deepEqual(
        over.map(({ id }) => id),
        [waiter.id],
      )
      assert.deepEqual(
        (await engine.apply(over.map(due))).applied.map(({ outcome }) => outcome),
        ['applied'],
      )
      const { record, timeline } = await whole(engine, waiter.id)
      assert.deepEqual([record.status, timeline.at(-1)?.data], ['pending', { timed_out: true }])
      assert.deepEqual(await engine.due('run_at', 10), [])
    },
  },
  {
    name: 'a wait that was answered is no longer due',
    async run({ engine, advance }) {
      const { id, record, fence } = await running(engine)
      await engine.apply([parked(record, fence, forSignal)])
      await engine.apply([await sent(engine, id, 'ok', 'yes')])
      advance(61 * second)
      assert.deepEqual(await engine.due('run_at', 10), [])
    },
  },
  {
    name: 'that a signal did not come is written only if it has not come',
    async run({ engine }) {
      const { id, record, fence } = await running(engine)
      const missed = { ...begun('signal:ok', 0), status: 'failed' as const }
      await engine.apply([await sent(engine, id, 'ok', 'yes')])
      assert.equal(await outcomeOf(engine, waitOver(record, fence, 'ok', missed)), 'changed')
      assert.deepEqual(
        (await whole(engine, id)).steps.map(({ status }) => status),
        ['completed'],
      )
      const second = { ...missed, key: 'signal:ok#2' }
      assert.equal(await outcomeOf(engine, waitOver(record, fence, 'ok', second)), 'applied')
      assert.equal((await recordOf(engine, id)).status, 'processing')
      assert.equal(await outcomeOf(engine, await sent(engine, id, 'ok', 'late')), 'applied')
      assert.deepEqual(keys(await whole(engine, id)), ['signal:ok', 'signal:ok#2', 'signal:ok#3'])
    },
  },
]

// watch, stamp: whoever waits for news hears of every write; and what tells that there was none.
import assert from 'node:assert/strict'
import { cancel, completed, graceOver, released } from '../../../job/decide.ts'
import type { Engine, Hint } from '../../engine.ts'
import { aClaim, aJob, decided, recordOf, running, type Case } from '../subject.ts'

/** The next hint, whatever it says. */
export function nextHint(engine: Engine): Promise<Hint> {
  return new Promise((resolve) => {
    const stop = engine.watch((hint) => {
      stop()
      resolve(hint)
    })
  })
}

/** Does something, and waits for a hint that is `right`. */
async function hinted(engine: Engine, act: () => Promise<unknown>, right: (hint: Hint) => boolean): Promise<void> {
  let stop = (): void => {}
  const hint = new Promise<void>((resolve) => (stop = engine.watch((one) => right(one) && resolve())))
  await act()
  await hint
  stop()
}

export const hintCases: Case[] = [
  {
    name: 'a write gives a hint that may name its job, and another stamp; reads give neither',
    async run({ engine }) {
      const stamp = engine.stamp()
      await engine.get(['nobody'])
      if (engine.can.stamp) assert.equal(engine.stamp(), stamp)
      const hint = nextHint(engine)
      await engine.insert([aJob({ id: 'a', queue: 'q' })])
      const { ids, queues } = await hint
      assert.ok(ids === null || ids.includes('a'))
      assert.ok(queues === null || queues.includes('q'))
      if (engine.can.stamp) assert.notEqual(engine.stamp(), stamp)
    },
  },
  {
    name: 'every way in which a job may show a change moves the stamp',
    async run({ engine }) {
      if (!engine.can.stamp) return
      const { id, record, fence } = await running(engine)
      const writes = [
        () => engine.note([{ id, fence, progress: 0.5 }]),
        () => engine.apply([completed(record, fence, 1)]),
        () => engine.putDoc('queue', 'q', { paused: true }, null),
        () => engine.purge(1, id),
      ]
      for (const write of writes) {
        const stamp = engine.stamp()
        await write()
        assert.notEqual(engine.stamp(), stamp)
      }
    },
  },
  {
    name: 'every write that changes a job gives a hint of it, and one that makes it runnable a hint of its queue',
    async run({ engine }) {
      const { id, record, fence } = await running(engine, { id: 'a', queue: 'q' })
      const release = () => engine.apply([released(record, fence, 'test')])
      const isOf = ({ ids }: Hint) => ids === null || ids.includes(id)
      const isFor = ({ queues }: Hint) => queues === null || queues.includes('q')
      await hinted(engine, () => engine.note([{ id, fence, progress: 0.5 }]), isOf)
      await hinted(engine, release, (hint) => isOf(hint) && isFor(hint))
      await hinted(engine, () => engine.putDoc('queue', 'q', { paused: false }, null), isFor)
      await hinted(engine, () => engine.claim(aClaim()), isOf)
      await hinted(engine, async () => engine.apply([decided(cancel(await recordOf(engine, id)))]), isOf)
      await hinted(engine, async () => engine.apply([graceOver(await recordOf(engine, id))]), isOf)
      await hinted(engine, () => engine.purge(1, id), isOf)
      const later = aJob({}, { delayMs: 1_000 })
      await hinted(
        engine,
        () => engine.insert([later]),
        ({ ids }) => ids === null || ids.includes(later.spec.id),
      )
    },
  },
  {
    name: 'who has stopped watching is not called any more',
    async run({ engine }) {
      let calls = 0
      const stop = engine.watch(() => calls++)
      stop()
      const hint = nextHint(engine)
      await engine.insert([aJob()])
      await hint
      assert.equal(calls, 0)
    },
  },
]

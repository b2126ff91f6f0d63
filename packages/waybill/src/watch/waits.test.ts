// What followers are told beside the record, and what it costs.
import { afterEach, beforeEach, expect, test } from 'vitest'
import { runsBody, runsKind } from '../engine/past-runs.ts'
import { aScene, Heard, type Scene } from './watch.fixture.ts'

let scene: Scene
beforeEach(async () => {
  scene = await aScene()
  const runs = [1, 2, 3, 4, 5].map((n) => ({ endedAt: n, tookMs: n * 60_000 }))
  await scene.engine.putDoc(runsKind, 'demo', runsBody(runs), 0)
  await scene.engine.enrol({ id: 'w', name: 'w', queues: [], slots: 1 }, 60_000)
})
afterEach(() => scene.close())

const estimate = { ends_at: expect.any(String), duration_ms: 180_000, samples: 5 }
const dataOf = (event: object): unknown =>
  'json' in event && typeof event.json === 'string' ? JSON.parse(event.json) : null

test('the events job and progress bear the estimate', async () => {
  const heard = new Heard()
  const id = await scene.add()
  const { fence } = await scene.claim()
  const following = scene.watch.follow({ ids: [id] }, heard.listener)
  expect(dataOf(await heard.until(({ type }) => type === 'job'))).toMatchObject({ status: 'processing', estimate })
  await scene.engine.note([{ id, fence, progress: 0.5 }])
  const progress = dataOf(await heard.until(({ type }) => type === 'progress'))
  expect(progress).toMatchObject({ progress: 0.5, estimate: { ...estimate, progress: expect.closeTo(0.5, 1) } })
  following.close()
})

test('the first state of a stream says the place in the queue', async () => {
  const heard = new Heard()
  const ids = [await scene.add(), await scene.add()]
  const following = scene.watch.follow({ ids }, heard.listener)
  await following.ready
  expect(heard.events.slice(0, 2).map(dataOf)).toMatchObject([
    { queue_position: 1, wait_text: 'Next in line' },
    { queue_position: 2, wait_text: '1 job is before this one' },
  ])
  following.close()
})

test('once all is known, nobody has to wait for an answer', async () => {
  const id = await scene.add()
  const found = await scene.watch.get(id)
  if (!found || !('record' in found)) throw new Error('no job')
  expect(scene.watch.waitNow(found.record)).toBe(null)
  const known = await scene.watch.wait(found.record)
  expect([known.position, scene.watch.waitNow(found.record)]).toEqual([1, known])
})

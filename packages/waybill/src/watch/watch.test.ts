import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { isGone } from '../engine/engine.ts'
import { cancel } from '../job/decide.ts'
import type { JobRecord } from '../job/record.ts'
import { Entry, noWait } from './entry.ts'
import { JobEvent } from './events.ts'
import { Follower } from './follower.ts'
import { aScene, Heard, nearCacheOf, type Scene } from './watch.fixture.ts'

let scene: Scene
beforeEach(async () => {
  scene = await aScene()
})
afterEach(() => scene.close())

const isJob = (id: string, status: string) => (event: unknown) =>
  event instanceof JobEvent && event.id === id && event.record.status === status

async function recordOf(id: string): Promise<JobRecord> {
  const found = await scene.watch.get(id)
  if (found === null || isGone(found)) throw new Error(`no job ${id}`)
  return found.record
}

describe('the near cache', () => {
  test('answers from memory while nothing has been committed', async () => {
    const id = await scene.add()
    await scene.watch.entry(id)
    const before = { ...scene.reads }
    expect(scene.watch.fresh(id)?.record.id).toBe(id)
    await scene.watch.entry(id)
    expect(scene.reads).toEqual(before)
  })

  test('after a foreign commit asks for the rev alone, once for all readers of a turn', async () => {
    const ids = [await scene.add(), await scene.add()]
    for (const id of ids) await scene.watch.entry(id)
    await scene.add()
    const before = { ...scene.reads }
    expect(scene.watch.fresh(ids[0] ?? '')).toBeNull()
    await Promise.all([...ids, ...ids].map((id) => scene.watch.entry(id)))
    expect(scene.reads).toEqual({ ...before, revs: before.revs + 1 })
  })

  test('never shows a rev older than the engine has', async () => {
    const id = await scene.add()
    await scene.watch.entry(id)
    await scene.claim()
    expect((await recordOf(id)).status).toBe('processing')
    await scene.complete(id)
    expect((await recordOf(id)).status).toBe('completed')
  })

  test('stays within its bounds, and keeps what is used', async () => {
    const cache = nearCacheOf(scene.engine, { entries: 3 })
    const ids = await Promise.all(Array.from({ length: 6 }, () => scene.add()))
    await cache.read(ids[0] ?? '')
    for (const id of ids) {
      cache.fresh(ids[0] ?? '')
      await cache.read(id)
    }
    expect(cache.size.entries).toBe(3)
    expect(cache.fresh(ids[0] ?? '')).toBeInstanceOf(Entry)
  })

  test('stays within its bytes', async () => {
    const cache = nearCacheOf(scene.engine, { bytes: 10_000 })
    for (let i = 0; i < 6; i++) await cache.read(await scene.add())
    expect(cache.size.entries).toBeGreaterThan(0)
    expect(cache.size.bytes).toBeLessThanOrEqual(10_000)
  })

  test('serialises the owner view with what moves with the clock at the end', async () => {
    const id = await scene.add({ title: 'A title' })
    const view = JSON.parse((await scene.watch.bytes(id)) ?? '')
    expect(view).toMatchObject({ job_id: id, title: 'A title', status: 'pending', wait_reason: 'no_worker' })
    expect(Object.keys(view).slice(-4)).toEqual(['wait_reason', 'wait_text', 'wait_ms', 'duration_ms'])
  })
})

describe('following', () => {
  test('tells the present state, then sync, then each change up to the end', async () => {
    const id = await scene.add()
    const heard = new Heard()
    const following = scene.watch.follow({ ids: [id] }, heard.listener)
    await following.ready
    expect(heard.types).toEqual(['job', 'sync'])
    await scene.claim()
    await heard.until(isJob(id, 'processing'))
    await scene.complete(id)
    await heard.until(isJob(id, 'completed'))
    const revs = heard.events.flatMap((event) => (event instanceof JobEvent ? [event.rev] : []))
    expect(revs).toEqual([...revs].sort((a, b) => a - b))
    following.close()
  })

  test('progress alone comes as progress, at most five a second, its last value too, and the end does not wait', async () => {
    await scene.close()
    scene = await aScene({ heals: false })
    const id = await scene.add()
    const { fence } = await scene.claim()
    const heard = new Heard()
    await scene.watch.follow({ ids: [id] }, heard.listener).ready
    const begin = Date.now()
    for (let i = 1; Date.now() - begin < 500; i++) {
      await scene.engine.note([{ id, fence, progress: i / 1_000 }])
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    await scene.engine.note([{ id, fence, progress: 0.9 }])
    await heard.until((event) => event instanceof JobEvent && event.record.progress === 0.9)
    const progress = heard.types.filter((type) => type === 'progress').length
    expect(progress).toBeGreaterThan(1)
    expect(progress).toBeLessThanOrEqual(5)
    await scene.engine.note([{ id, fence, progress: 0.95 }])
    await scene.complete(id)
    await heard.until(isJob(id, 'completed'))
    expect(heard.types.filter((type) => type === 'progress').length).toBe(progress)
  })

  test('one event object goes to every follower of a job', async () => {
    const id = await scene.add()
    const [a, b] = [new Heard(), new Heard()]
    await scene.watch.follow({ ids: [id] }, a.listener).ready
    await scene.watch.follow({ filter: { userId: 'user-1' } }, b.listener).ready
    await scene.claim()
    expect(await a.until(isJob(id, 'processing'))).toBe(await b.until(isJob(id, 'processing')))
  })

  test('a filter hears of new jobs of its own and of no others', async () => {
    const heard = new Heard()
    await scene.watch.follow({ filter: { userId: 'user-1' } }, heard.listener).ready
    await scene.add({ userId: 'user-2' })
    const id = await scene.add({ userId: 'user-1' })
    await heard.until(isJob(id, 'pending'))
    expect(heard.types).toEqual(['sync', 'job'])
  })

  test('many changes at once reach a filter by one read of it', async () => {
    const heard = new Heard()
    await scene.watch.follow({ filter: { userId: 'user-1' } }, heard.listener).ready
    const ids = await Promise.all(Array.from({ length: 300 }, () => scene.add({ userId: 'user-1' })))
    for (const id of ids) await heard.until(isJob(id, 'pending'))
    expect(heard.events.length).toBe(301)
  })

  test('what a follower may not see, and what is not there, are told of alike', async () => {
    const id = await scene.add({ userId: 'user-2' })
    const heard = new Heard()
    const see = (job: JobRecord) => job.userId === 'user-1'
    await scene.watch.follow({ ids: [id, 'nothing'] }, heard.listener, { see }).ready
    await scene.claim()
    await scene.complete(id)
    expect(heard.events).toEqual([{ type: 'gone', id }, { type: 'gone', id: 'nothing' }, { type: 'sync' }])
  })

  test('of what a filter matches, a follower hears only what it may see', async () => {
    const heard = new Heard()
    const see = (job: JobRecord) => job.userId === 'user-1'
    await scene.watch.follow({ filter: { queue: 'default' } }, heard.listener, { see }).ready
    await scene.add({ userId: 'user-2' })
    const mine = await scene.add({ userId: 'user-1' })
    await heard.until(isJob(mine, 'pending'))
    expect(heard.types).toEqual(['sync', 'job'])
  })

  test('a follower never hears of a rev that it has, or of an older one', async () => {
    const id = await scene.add()
    const old = await scene.watch.entry(id)
    await scene.claim()
    const fresh = await scene.watch.entry(id)
    if (!(old instanceof Entry) || !(fresh instanceof Entry)) throw new Error('no job')
    const heard = new Heard()
    const follower = new Follower(heard.listener, {})
    for (const entry of [fresh, fresh, old]) follower.tell(new JobEvent('job', entry, 0, noWait), 0)
    expect(heard.events.length).toBe(1)
  })

  test('whoever missed the event before a progress gets the whole job', async () => {
    const id = await scene.add()
    const entry = await scene.watch.entry(id)
    if (!(entry instanceof Entry)) throw new Error('no job')
    const heard = new Heard()
    new Follower(heard.listener, { has: { id, rev: 0 } }).tell(new JobEvent('progress', entry, 0, noWait), 0)
    new Follower(heard.listener, {}).tell(new JobEvent('progress', entry, 0, noWait), 0)
    expect(heard.types).toEqual(['progress', 'job'])
  })

  test('a purged job is gone', async () => {
    const id = await scene.add()
    await scene.claim()
    await scene.complete(id)
    const heard = new Heard()
    await scene.watch.follow({ ids: [id] }, heard.listener).ready
    await scene.engine.purge(1, id)
    expect(await heard.until((event) => event.type === 'gone')).toEqual({ type: 'gone', id })
  })

  test('with `since` only what changed since is told', async () => {
    const old = await scene.add()
    const heard = new Heard()
    await scene.watch.follow({ ids: [old] }, heard.listener, { since: scene.engine.now() + 10_000 }).ready
    expect(heard.types).toEqual(['sync'])
    await scene.claim()
    await heard.until(isJob(old, 'processing'))
  })

  test('lost hints heal: without any, changes arrive by the backstop', async () => {
    await scene.close()
    scene = await aScene({ deaf: true })
    const id = await scene.add()
    const [byId, byFilter] = [new Heard(), new Heard()]
    await scene.watch.follow({ ids: [id] }, byId.listener).ready
    await scene.watch.follow({ filter: { userId: 'user-1' } }, byFilter.listener).ready
    await scene.claim()
    expect(await byId.until(isJob(id, 'processing'))).toMatchObject({ type: 'job' })
    expect(await byFilter.until(isJob(id, 'processing'))).toMatchObject({ type: 'job' })
  })

  test('an idle hub reads nothing', async () => {
    const id = await scene.add()
    await scene.watch.follow({ ids: [id] }, new Heard().listener).ready
    const before = { ...scene.reads }
    await new Promise((resolve) => setTimeout(resolve, 1_200))
    expect(scene.reads).toEqual(before)
  })
})

describe('changed', () => {
  test('answers at once when the job is newer than the rev, or has ended', async () => {
    const id = await scene.add()
    expect(await scene.watch.changed(id, 0, { until: 'change', timeoutMs: 60_000 })).toMatchObject({ rev: 1 })
    await scene.claim()
    await scene.complete(id)
    expect(await scene.watch.changed(id, 99, { until: 'change', timeoutMs: 60_000 })).toMatchObject({
      status: 'completed',
    })
  })

  test('answers at the next rev', async () => {
    const id = await scene.add()
    const waiting = scene.watch.changed(id, 1, { until: 'change', timeoutMs: 60_000 })
    await scene.claim()
    expect(await waiting).toMatchObject({ rev: 2, status: 'processing' })
  })

  test('`end` waits through changes', async () => {
    const id = await scene.add()
    const waiting = scene.watch.changed(id, 0, { until: 'end', timeoutMs: 60_000 })
    await scene.claim()
    const change = cancel(await recordOf(id), {})
    if (change) await scene.engine.apply([change])
    await scene.complete(id)
    expect((await waiting) ?? {}).toMatchObject({ status: 'completed' })
  })

  test('answers the present state when the time is up, and when the caller goes away', async () => {
    const id = await scene.add()
    expect(await scene.watch.changed(id, 1, { until: 'change', timeoutMs: 20 })).toMatchObject({ rev: 1 })
    const gone = new AbortController()
    const waiting = scene.watch.changed(id, 1, { until: 'change', timeoutMs: 60_000, signal: gone.signal })
    gone.abort()
    expect(await waiting).toMatchObject({ rev: 1 })
  })

  test('is null for a job that never was', async () => {
    expect(await scene.watch.changed('nothing', 0, { until: 'change', timeoutMs: 60_000 })).toBeNull()
  })
})

test('log lines are followed in order, owners see their own alone', async () => {
  const id = await scene.add()
  const { fence } = await scene.claim()
  const seen: string[] = []
  let wake = () => {}
  const woken = new Promise<void>((resolve) => (wake = resolve))
  const tail = scene.watch.tailLogs({
    operator: false,
    listener: (_, line) => {
      seen.push(line.message)
      if (line.message === 'last') wake()
    },
  })
  tail.saw(await recordOf(id))
  const line = (message: string, audience: 'owner' | 'operator') =>
    ({ level: 'info', message, fields: null, attempt: 1, audience }) as const
  await scene.engine.note([{ id, fence, logs: [line('first', 'owner'), line('secret', 'operator')] }])
  await scene.engine.note([{ id, fence, logs: [line('last', 'owner')] }])
  await woken
  tail.close()
  expect(seen).toEqual(['first', 'last'])
})

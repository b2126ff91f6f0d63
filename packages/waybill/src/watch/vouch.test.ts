import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Change } from '../job/change.ts'
import { completed } from '../job/decide.ts'
import type { JobRecord } from '../job/record.ts'
import { Ears } from './ears.ts'
import { Entry } from './entry.ts'
import { unstamped, type Unstamped } from './unstamped.fixture.ts'
import { Vouch } from './vouch.ts'

let scene: Unstamped
beforeEach(async () => {
  scene = await unstamped()
})
afterEach(() => scene.close())

/** Turns of the event loop enough for any read of a store in memory. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
}

async function poll(id: string, rev = 0): Promise<JobRecord> {
  const { found } = await scene.watch.look(id, rev)
  if (!(found instanceof Entry)) throw new Error(`no job ${id}`)
  return found.record
}

const progressOf = async (id: string) => (await poll(id)).progress

describe('without a stamp, a job that is polled', () => {
  test('is read once, however often it is polled', async () => {
    const id = await scene.running()
    for (let i = 0; i < 10; i++) await poll(id)
    expect([scene.gets, scene.revs]).toEqual([[[id]], []])
    expect(scene.watch.glance(id)?.record.id).toBe(id)
    expect((await scene.watch.look(id)).source).toBe('memory')
  })

  test('is read once more, whole, after each hint of it', async () => {
    const id = await scene.running()
    await poll(id)
    await scene.note(id, 0.5)
    expect(scene.watch.fresh(id)).toBeNull()
    expect([await progressOf(id), await progressOf(id)]).toEqual([0.5, 0.5])
    expect([scene.gets, scene.revs]).toEqual([[[id], [id]], []])
  })

  test('is not read on account of hints of other jobs', async () => {
    const [id, other] = [await scene.running(), await scene.running()]
    await poll(id)
    await scene.note(other, 0.5)
    expect(scene.watch.fresh(id)).not.toBeNull()
    expect(scene.gets).toEqual([[id]])
  })

  test('is not vouched for when it changed while it was read', async () => {
    const id = await scene.running()
    const answer = Promise.withResolvers<void>()
    scene.hold.answers = answer.promise
    const polled = poll(id)
    await settled()
    await scene.note(id, 0.5)
    answer.resolve()
    await polled
    expect(await progressOf(id)).toBe(0.5)
  })

  test('is looked after for 30 s after its last poll; then nobody listens or asks any more', async () => {
    const id = await scene.running()
    await poll(id)
    for (let second = 0; second < 25; second++) {
      scene.clock.beat()
      await settled()
    }
    await poll(id)
    for (let second = 0; second < 30; second++) {
      scene.clock.beat()
      await settled()
    }
    expect(scene.listeners()).toBe(1)
    scene.clock.beat()
    const asked = scene.revs.length
    for (let second = 0; second < 5; second++) scene.clock.beat()
    await settled()
    expect([scene.listeners(), scene.revs.length, scene.watch.fresh(id)]).toEqual([0, asked, null])
  })

  test('leaves with its entry when memory is full', async () => {
    await scene.close()
    scene = await unstamped({ entries: 3 })
    for (let i = 0; i < 6; i++) await poll(await scene.running())
    scene.clock.beat()
    await settled()
    expect(scene.revs.map((ids) => ids.length)).toEqual([3])
  })

  test('beyond twenty thousand others, is not looked after', async () => {
    const engine = { stamp: () => null, hearing: () => 1, revs: (ids: string[]) => scene.engine.revs(ids) }
    const vouch = new Vouch({ engine, clock: scene.clock, ears: new Ears(scene.engine, () => {}) })
    const { found: entry } = await scene.watch.look(await scene.running())
    if (!(entry instanceof Entry)) throw new Error('no job')
    vouch.attend()
    const add = () => vouch.add({ entry, stamp: null, outdated: false, used: false, idle: 0 })
    expect(Array.from({ length: 20_001 }, add).indexOf(false)).toBe(20_000)
    vouch.close()
  })

  test('shows the purge of a job that had ended', async () => {
    const id = await scene.running()
    await scene.engine.apply([await ended(id)])
    await poll(id)
    await scene.engine.purge(1, id)
    expect((await scene.watch.look(id)).found).toMatchObject({ gone: true })
  })
})

async function ended(id: string): Promise<Change> {
  const record = await poll(id)
  return completed(record, record.fence, null)
}

describe('the look once a second', () => {
  test('finds what no hint told of', async () => {
    const id = await scene.running()
    await poll(id)
    scene.lose.hints = true
    await scene.note(id, 0.5)
    expect(await progressOf(id)).not.toBe(0.5)
    scene.clock.beat()
    await settled()
    expect(await progressOf(id)).toBe(0.5)
  })

  test('is one query for a thousand jobs, and costs their polls nothing', async () => {
    const ids = await Promise.all(Array.from({ length: 1_000 }, () => scene.running()))
    for (const id of ids) await poll(id)
    const read = scene.gets.length
    scene.clock.beat()
    await settled()
    for (const id of ids) await poll(id)
    expect([scene.revs.map((asked) => asked.length), scene.gets.length]).toEqual([[1_000], read])
  })

  test('leaves alone what a hint told of while it looked', async () => {
    const id = await scene.running()
    await poll(id)
    const answer = Promise.withResolvers<void>()
    scene.hold.answers = answer.promise
    scene.clock.beat()
    await settled()
    await scene.note(id, 0.5)
    answer.resolve()
    await settled()
    expect(await progressOf(id)).toBe(0.5)
  })

  test('says nothing of what was read while it looked', async () => {
    const id = await scene.running()
    await poll(id)
    const [looked, read] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    scene.hold.answers = looked.promise
    scene.clock.beat()
    await settled()
    await scene.note(id, 0.5)
    scene.hold.answers = read.promise
    const polled = poll(id)
    await settled()
    await scene.note(id, 0.7) // told of while it is read: nobody knows whether the answer shows it
    scene.hold.answers = Promise.resolve()
    read.resolve()
    await polled
    looked.resolve()
    await settled()
    expect(await progressOf(id)).toBe(0.7)
  })

  test('that is overdue for two seconds takes the trust away, and the next one gives it back', async () => {
    const id = await scene.running()
    await poll(id)
    scene.clock.pass(2_000)
    expect(scene.watch.fresh(id)).not.toBeNull()
    scene.clock.pass(1)
    expect([scene.watch.fresh(id), scene.watch.glance(id)]).toEqual([null, null])
    scene.clock.beat()
    await settled()
    expect(scene.watch.fresh(id)).not.toBeNull()
  })

  test('that fails takes the trust away at once', async () => {
    const id = await scene.running()
    await poll(id)
    scene.hold.answers = Promise.reject(new Error('the store is away'))
    scene.hold.answers.catch(() => {})
    scene.clock.beat()
    await settled()
    expect(scene.watch.fresh(id)).toBeNull()
    scene.hold.answers = Promise.resolve()
    expect(await poll(id)).toMatchObject({ id })
  })
})

describe('when hints break', () => {
  test('nothing is trusted, until they come again and one look has found the rest unchanged', async () => {
    const ids = [await scene.running(), await scene.running()]
    for (const id of ids) await poll(id)
    scene.hear(null)
    expect(ids.map((id) => scene.watch.fresh(id))).toEqual([null, null])
    scene.lose.hints = true
    await scene.note(ids[0] ?? '', 0.5)
    scene.lose.hints = false
    scene.hear(2)
    expect(ids.map((id) => scene.watch.fresh(id))).toEqual([null, null])
    await settled()
    expect(ids.map((id) => scene.watch.fresh(id) !== null)).toEqual([false, true])
    expect(await progressOf(ids[0] ?? '')).toBe(0.5)
  })

  test('a break that nobody polled in is a break', async () => {
    const id = await scene.running()
    await poll(id)
    scene.lose.hints = true
    await scene.note(id, 0.5)
    scene.hear(2)
    expect(await progressOf(id)).toBe(0.5)
  })

  test('an answer that was asked for before the break is not vouched for after it', async () => {
    const id = await scene.running()
    const answer = Promise.withResolvers<void>()
    scene.hold.answers = answer.promise
    const polled = poll(id)
    await settled()
    scene.hold.answers = Promise.resolve()
    scene.lose.hints = true
    await scene.note(id, 0.5)
    scene.lose.hints = false
    scene.hear(2)
    await settled()
    answer.resolve()
    await polled
    expect(await progressOf(id)).toBe(0.5)
  })

  test('polls ask for revs, as long as hints do not come', async () => {
    scene.hear(null)
    const id = await scene.running()
    for (let i = 0; i < 3; i++) await poll(id)
    scene.clock.beat()
    await settled()
    expect([scene.gets, scene.revs]).toEqual([[[id]], [[id], [id]]])
  })
})

describe('whoever has seen more than memory knows', () => {
  let id: string
  beforeEach(async () => {
    id = await scene.running()
    await poll(id)
    scene.lose.hints = true
    await scene.note(id, 0.5)
  })

  test('by its own rev, is answered from the engine', async () => {
    const { rev } = await poll(id)
    expect(await poll(id, rev + 1)).toMatchObject({ rev: rev + 1, progress: 0.5 })
  })

  test('by its own rev, of many jobs too, and the rest come from memory', async () => {
    const other = await scene.running()
    const { rev } = await poll(id)
    await poll(other)
    const before = scene.gets.length
    const looks = await scene.watch.lookMany([id, other], new Map([[id, rev + 1]]))
    expect(looks.map(({ source }) => source)).toEqual(['engine', 'memory'])
    expect(scene.gets.slice(before)).toEqual([[id]])
  })

  test('because this process showed it with its history, is answered from the engine', async () => {
    await scene.watch.get(id, { timeline: true })
    expect(await progressOf(id)).toBe(0.5)
  })

  test('because this process listed it, is answered from the engine', async () => {
    await scene.watch.list({ filter: {}, limit: 10 })
    expect(await progressOf(id)).toBe(0.5)
  })

  test('or may have, as a new follower, is told what the engine has', async () => {
    const told: unknown[] = []
    await scene.watch.follow({ ids: [id] }, (event) => void (event.type === 'job' && told.push(event.record.progress)))
      .ready
    expect(told).toEqual([0.5])
  })
})

test('two hundred jobs at once, some unknown and some changed, are one read', async () => {
  const ids = await Promise.all(Array.from({ length: 200 }, () => scene.running()))
  for (const id of ids.slice(0, 50)) await poll(id)
  for (const id of ids.slice(0, 10)) await scene.note(id, 0.5)
  const before = scene.gets.length
  const looks = await scene.watch.lookMany(ids, new Map())
  expect(looks.map((look) => look.id)).toEqual(ids)
  expect(looks.filter(({ source }) => source === 'memory')).toHaveLength(40)
  expect([scene.gets.slice(before).map((asked) => asked.length), scene.revs]).toEqual([[160], []])
})

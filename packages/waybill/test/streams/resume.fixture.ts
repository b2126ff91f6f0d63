// A stream goes on where it was, with whatever process it comes to: after kill -9 of the server that told it, at another
// one on the same store. Run by one test file an engine.
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { completed } from '../../src/job/decide.ts'
import { aClaim } from '../../src/engine/jobs.fixture.ts'
import { Cast } from '../faults/cast.fixture.ts'
import { patient, quick } from '../faults/program.fixture.ts'
import type { Places } from '../faults/store.fixture.ts'
import { Reader } from './reader.fixture.ts'

/** An event id lies this far back at most: what changed in that time before the gap may be told twice. */
const overlapMs = 5_000

export function resumes(start: () => Promise<Places>): void {
  let places: Places
  let cast: Cast
  let readers: Reader[]
  beforeAll(async () => {
    places = await start()
  })
  afterAll(() => places.stop())
  beforeEach(async () => {
    readers = []
    cast = new Cast(await places.store())
    await cast.open()
  })
  afterEach(async () => {
    for (const reader of readers) reader.close()
    await cast.close()
  })

  const open = async (url: string, last?: string): Promise<Reader> => {
    const reader = await Reader.open(url, last === undefined ? {} : { 'last-event-id': last })
    readers.push(reader)
    return reader
  }

  /** Two servers are started, on however busy a machine. */
  const patienceMs = 90_000

  const complete = async (): Promise<string> => {
    const { engine } = await cast.waybill.parts()
    const { jobs, fence } = await engine.claim(aClaim({ max: 1 }))
    const [job] = jobs
    if (!job) throw new Error('nothing to claim')
    await engine.apply([completed(job.record, fence, { ok: true })])
    return job.record.id
  }

  test(
    'the server is killed: at another one each job that changed in the gap comes once, in its newest form',
    async () => {
      const { engine } = await cast.waybill.parts()
      const still = await cast.waybill.enqueue(patient, { ms: 1 }, { delay: '1h' })
      const [ends, erased] = [await cast.waybill.enqueue(quick, { n: 1 }), await cast.waybill.enqueue(quick, { n: 2 })]
      const names = { [still.id]: 'still', [ends.id]: 'ends', [erased.id]: 'erased' }
      const [first, second] = [await cast.server(), await cast.server()]
      const path = `/api/v1/events?jobs=${Object.keys(names).join(',')}`
      const before = await open(first.url + path)
      await before.until('sync')
      // Its id must pass the last change by the overlap, or what is still would rightly come again.
      await expect.poll(() => engine.now() - still.createdAt, { timeout: 20_000 }).toBeGreaterThan(overlapMs + 2_000)
      const other = await cast.waybill.enqueue(quick, { n: 3 }, { priority: 10 })
      const watched = await open(`${first.url}/api/v1/events?jobs=${other.id}`)
      await watched.until('sync')
      await complete()
      await watched.until('job', ({ status }) => status === 'completed')
      first.child.kill('SIGKILL')
      await Promise.all([before.ended, watched.ended])
      expect(await complete()).toBe(ends.id)
      expect(await complete()).toBe(erased.id)
      await engine.purge(1, erased.id)
      const after = await open(second.url + path, watched.lastId)
      await after.until('sync')
      expect(after.told(names)).toEqual(['hello', 'gone erased', 'job ends completed', 'sync'])
    },
    patienceMs,
  )

  test(
    'a filter’s stream goes on too: what changed in the gap comes once, what is new also, and then sync',
    async () => {
      const job = await cast.waybill.enqueue(quick, { n: 1 }, { userId: 'ann' })
      const [first, second] = [await cast.server(), await cast.server()]
      const before = await open(`${first.url}/api/v1/events?user_id=ann`)
      await before.until('sync')
      first.child.kill('SIGKILL')
      await before.ended
      await complete()
      const made = await cast.waybill.enqueue(quick, { n: 2 }, { userId: 'ann' })
      await cast.waybill.enqueue(quick, { n: 3 }, { userId: 'bob' })
      const after = await open(`${second.url}/api/v1/events?user_id=ann`, before.lastId)
      await after.until('sync')
      const names = { [job.id]: 'old', [made.id]: 'new' }
      const [hello, ...told] = after.told(names)
      expect([hello, told.pop(), told.toSorted()]).toEqual(['hello', 'sync', ['job new pending', 'job old completed']])
    },
    patienceMs,
  )

  test(
    'an id that is too old is answered by reset and the whole state, by ids and by filter',
    async () => {
      const job = await cast.waybill.enqueue(quick, { n: 1 }, { userId: 'ann' })
      const { url } = await cast.server()
      const longAgo = String(Date.now() - 2 * 24 * 3_600_000)
      const anHourAgo = String(Date.now() - 3_600_000)
      const byId = await open(`${url}/api/v1/events?jobs=${job.id}`, longAgo)
      const byFilter = await open(`${url}/api/v1/events?user_id=ann`, anHourAgo)
      for (const reader of [byId, byFilter]) {
        await reader.until('sync')
        expect(reader.told({ [job.id]: 'it' })).toEqual(['hello', 'reset', 'job it pending', 'sync'])
      }
    },
    patienceMs,
  )
}

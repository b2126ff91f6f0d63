// Replies that are torn or lost on the way, and a network that swallows everything: what every engine on a server owes
// its callers then. Run by one test file an engine.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Proxy } from '@waybill/servers'
import type { Engine } from '../../src/engine/engine.ts'
import { aClaim, aJob } from '../../src/engine/jobs.fixture.ts'
import { openEngine } from '../../src/engines/registry.ts'
import { createWaybill, defineJob, type Waybill } from '../../src/index.ts'
import { completed } from '../../src/job/decide.ts'
import { newId } from '../../src/lib/ids.ts'
import { silentLogger } from '../../src/lib/log.ts'
import { historyOf } from '../../src/waybill.fixture.ts'
import { after, answered, insisted } from './caller.fixture.ts'
import type { Store, Under } from './store.fixture.ts'

type Break = (proxy: Proxy) => void
const breaks: [string, Break][] = [
  ['cut before its first byte', (proxy) => proxy.cutReplyAfter(0)],
  ['cut in its middle', (proxy) => proxy.cutReplyAfter(3)],
  ['swallowed', (proxy) => proxy.swallowNextReply()],
]

/** "≤ 2 s", and what a busy machine adds to it. */
const failsWithinMs = 2_300

export function networkFaults(start: () => Promise<Under>): void {
  let under: Under
  let store: Store
  let engine: Engine
  const waybills: Waybill[] = []
  const opened = (url: string): Waybill => {
    const waybill = createWaybill({ engine: url, jobs: [echo], lease: '2s', logger: silentLogger })
    waybills.push(waybill)
    return waybill
  }
  beforeAll(async () => {
    under = await start()
  })
  afterAll(() => under.stop())
  beforeEach(async () => {
    store = await under.store()
    engine = await openEngine(store.proxyUrl)
    await engine.migrate()
    await warm(engine)
  })
  afterEach(async () => {
    store.proxy.blackhole(false)
    for (const waybill of waybills.splice(0)) await waybill.close()
    await engine.close()
    await store.close()
  })

  describe.each(breaks)('a reply %s', (_, breakNext) => {
    test('to insert: the same idempotency key answers the same job', async () => {
      const job = aKeyedJob()
      const first = await broken(store.proxy, breakNext, () => engine.insert([job]))
      const [again] = await insisted(() => engine.insert([{ ...job, spec: { ...job.spec, id: newId() } }]))
      const stored = (await engine.list({ filter: { queue: 'default' }, limit: 10 })).records.map(({ id }) => id)
      expect(stored).toEqual([again?.id])
      // Where the reply alone was lost the job exists; where the engine was still asking, nothing had happened yet.
      expect(again?.outcome).toBe(again?.id === job.spec.id ? 'replayed' : 'created')
      expect(['unavailable', again?.id]).toContain(first === 'unavailable' ? first : first[0]?.id)
    })

    test('to claim: the same claim id answers the same lease, and no attempt is charged', async () => {
      const job = aKeyedJob()
      await engine.insert([job])
      const request = aClaim({ max: 1 })
      const first = await broken(store.proxy, breakNext, () => engine.claim(request))
      const again = await insisted(() => engine.claim(request))
      expect(['unavailable', again]).toContainEqual(first)
      expect(again.jobs.map(({ record }) => [record.id, record.attempt])).toEqual([[job.spec.id, 1]])
      expect((await historyOf(engine, job.spec.id)).types).toEqual(['created', 'claimed'])
    })

    test('to apply: the same outcome again counts once', async () => {
      const job = aKeyedJob()
      await engine.insert([job])
      const { jobs, fence } = await engine.claim(aClaim({ max: 1 }))
      const changes = jobs.map(({ record }) => completed(record, fence, { by: 'first' }))
      await broken(store.proxy, breakNext, () => engine.apply(changes))
      await insisted(() => engine.apply(changes))
      const { record, types } = await historyOf(engine, job.spec.id)
      expect(types).toEqual(['created', 'claimed', 'completed'])
      expect(record).toMatchObject({ rev: 3, status: 'completed', result: { by: 'first' } })
    })
  })

  test('a network that swallows everything for 10 s: calls fail soon and clearly, the worker resumes unaided', async () => {
    const waybill = opened(store.proxyUrl)
    await waybill.worker().start()
    expect(await waybill.result(await waybill.enqueue(echo, 1), { timeout: '10s' })).toBe(1)

    store.proxy.blackhole(true)
    const over = after(10_000)
    await Promise.all(Object.values(calls).map((call) => failsSoon(() => call(engine))))
    await failsSoon(() => waybill.enqueue(echo, 2))
    await over
    await Promise.all(Object.values(calls).map((call) => failsSoon(() => call(engine))))
    store.proxy.blackhole(false)

    const back = performance.now()
    const straight = opened(store.url)
    expect(await straight.result(await straight.enqueue(echo, 3), { timeout: '8s' })).toBe(3)
    expect(performance.now() - back).toBeLessThan(5_000)
    await insisted(() => engine.count({}))
  }, 40_000)

  test('connections that are reset and refused for a while: calls fail soon and clearly, and work again after', async () => {
    await engine.insert([aKeyedJob()])
    store.proxy.refuse(true)
    store.proxy.cut()
    await Promise.all(Object.values(calls).map((call) => failsSoon(() => call(engine))))
    store.proxy.refuse(false)
    const back = performance.now()
    await insisted(() => engine.count({}))
    expect(performance.now() - back).toBeLessThan(5_000)
  })
}

/** One whole life, so that statements and scripts are known to the server and one call is one request. */
async function warm(engine: Engine): Promise<void> {
  await engine.insert([aJob({ queue: 'warm' })])
  const { jobs, fence } = await engine.claim(aClaim({ queues: ['warm'] }))
  await engine.apply(jobs.map(({ record }) => completed(record, fence, null)))
}

const echo = defineJob<number, number>({ type: 'echo', run: (ctx) => ctx.input })

const calls: Record<string, (engine: Engine) => Promise<unknown>> = {
  insert: (engine) => engine.insert([aKeyedJob()]),
  claim: (engine) => engine.claim(aClaim()),
  extend: (engine) => engine.extend({ workerId: 'w', leaseMs: 15_000, leases: [{ fence: 1, begun: 1 }], jobs: [] }),
  note: (engine) => engine.note([{ id: 'none', fence: 1, progress: 0.5 }]),
  get: (engine) => engine.get(['none']),
  list: (engine) => engine.list({ filter: {}, limit: 10 }),
  count: (engine) => engine.count({}),
  due: (engine) => engine.due('lease', 10),
}

function aKeyedJob() {
  return aJob({}, { idempotency: { key: newId(), hash: 'h', keepMs: 60_000 } })
}

/** What a call answers while its reply is being broken: its answer when the engine asked again by itself. */
async function broken<T>(proxy: Proxy, breakNext: Break, call: () => Promise<T>): Promise<T | 'unavailable'> {
  const before = proxy.harmed
  breakNext(proxy)
  const began = performance.now()
  const answer = await answered(call)
  expect(performance.now() - began).toBeLessThan(failsWithinMs)
  expect(proxy.harmed).toBe(before + 1)
  return answer
}

async function failsSoon(call: () => Promise<unknown>): Promise<void> {
  const began = performance.now()
  expect(await answered(call)).toBe('unavailable')
  expect(performance.now() - began).toBeLessThan(failsWithinMs)
}

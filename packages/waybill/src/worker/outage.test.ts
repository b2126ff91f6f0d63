// A store that goes away and comes back, replies that are lost, a heartbeat that dies: the worker goes on unaided.
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { completed } from '../job/decide.ts'
import { defineJob } from '../job/definition.ts'
import { JobCancelled } from '../job/ended.ts'
import { systemClock } from '../lib/clock.ts'
import { aBench, eventually, type Bench } from '../waybill.fixture.ts'
import { Heartbeat } from './heartbeat.ts'
import { aWorker, flaky, Gate, hurried, untilAborted, withVerb, type Flaky } from './worker.fixture.ts'
import type { Worker } from './worker.ts'

let gate = new Gate()
let done: string[] = []

const quick = defineJob<number, number>({ type: 'quick', run: (ctx) => ctx.input })
const obedient = defineJob({ type: 'obedient', retry: { attempts: 1 }, run: (ctx) => untilAborted(ctx.signal) })
let atBegin = () => 0
const asks = defineJob<unknown, number>({ type: 'asks', run: () => atBegin() })
const held = defineJob({ type: 'held', retry: { attempts: 1 }, run: async (ctx) => gate.pass(ctx.job.id) })
const stepped = defineJob({
  type: 'stepped',
  retry: { attempts: 1 },
  async run(ctx) {
    await gate.pass(ctx.job.id)
    return ctx.step('once', () => (done.push('once'), 7))
  },
})

let bench: Bench
let store: Flaky
let worker: Worker
beforeEach(async () => {
  gate = new Gate()
  done = []
  bench = await aBench({ jobs: [quick, held, stepped, asks, obedient] })
  store = flaky(bench.engine)
  worker = aWorker(bench, { engine: store.engine, clock: hurried, queues: ['default'] })
  await worker.start()
})
afterEach(async () => {
  store.back()
  gate.open()
  await worker.stop()
  await bench.close()
})

const refusals = async (count: number) => {
  while (store.refused < count) await store.nextRefusal()
}

describe('a store that is away', () => {
  test('jobs that ended meanwhile are kept and stored when it is back, their work not done twice', async () => {
    const { id } = await bench.waybill.enqueue(held, null)
    await gate.arrivals(1)
    store.away(['apply'])
    gate.open()
    await refusals(4)
    store.back()
    expect(await bench.waybill.result({ id })).toBeNull()
    expect((await bench.history(id)).attempts).toHaveLength(1)
    expect(gate.came).toEqual([id])
    expect(bench.said).toContainEqual('warn: the engine did not answer; trying again')
  })

  test('new jobs are taken when it is back, without anybody’s help', async () => {
    store.away(['apply', 'claim', 'get', 'note', 'extend'])
    const { id } = await bench.waybill.enqueue(quick, 1)
    await refusals(3)
    store.back()
    expect(await bench.waybill.result({ id })).toBe(1)
  })

  test('a step that was done is kept when it is back, and its attempt goes on', async () => {
    const { id } = await bench.waybill.enqueue(stepped, null)
    await gate.arrivals(1)
    store.away(['note'])
    gate.open()
    await refusals(3)
    store.back()
    expect(await bench.waybill.result({ id })).toBe(7)
    expect(done).toEqual(['once'])
  })

  test('a call that only asks for jobs is not insisted on while stopping', async () => {
    store.away(['apply'])
    await bench.waybill.enqueue(quick, 1)
    await refusals(2)
    await worker.stop({ graceMs: 1e7 })
    expect(bench.said.filter((line) => line.startsWith('error'))).toEqual([])
  })
})

describe('a lost reply', () => {
  test('the same claim is asked for again, so that no lease is burnt and no attempt charged', async () => {
    store.away(['apply'], { doneFirst: true })
    const { id } = await bench.waybill.enqueue(quick, 5)
    await refusals(2)
    store.back()
    expect(await bench.waybill.result({ id })).toBe(5)
    const claims = store.applied.flatMap(([, claim]) => (claim && claim.max > 0 ? claim.claimId : []))
    expect(claims[0]).toBe(claims[1])
    expect(await bench.history(id)).toMatchObject({
      record: { attempt: 1, losses: 0, fence: 1 },
      types: ['created', 'claimed', 'completed'],
    })
  })

  test('an outcome that is sent twice counts once', async () => {
    const { id } = await bench.waybill.enqueue(held, null)
    await gate.arrivals(1)
    store.away(['apply'], { doneFirst: true })
    gate.open()
    await refusals(2)
    store.back()
    await bench.waybill.result(await bench.waybill.enqueue(quick, 1))
    expect((await bench.history(id)).types).toEqual(['created', 'claimed', 'completed'])
  })
})

test('an outcome that the store can never take does not take its neighbours down', async () => {
  let bad = ''
  const picky = aWorker(bench, {
    queues: ['picky'],
    engine: withVerb(bench.engine, 'apply', async (changes, claim) => {
      if (changes.some(({ id }) => id === bad)) throw new Error('constraint failed')
      return bench.engine.apply(changes, claim)
    }),
  })
  const jobs = await bench.waybill.enqueueMany(held, [null, null, null], { queue: 'picky' })
  bad = jobs[1]?.id ?? ''
  await picky.start()
  await gate.arrivals(3)
  gate.open()
  await bench.waybill.result({ id: jobs[0]?.id ?? '' })
  await bench.waybill.result({ id: jobs[2]?.id ?? '' })
  await picky.stop()
  expect((await bench.history(bad)).record.status).toBe('processing')
  expect(bench.said).toContainEqual(expect.stringContaining('the store refused the outcome'))
})

test('a job that ended between a cancel and its outcome is decided again: cancelled', async () => {
  const failing = defineJob({ type: 'failing', run: () => Promise.reject(new Error('broken')) })
  let cancelled = false
  const late = aWorker(bench, {
    jobs: new Map([['quick', failing]]),
    queues: ['late'],
    engine: withVerb(bench.engine, 'apply', async (changes, claim) => {
      const [one] = changes
      if (one && !cancelled) await bench.waybill.cancel(one.id)
      cancelled ||= one !== undefined
      return bench.engine.apply(changes, claim)
    }),
  })
  const { id } = await bench.waybill.enqueue(quick, 1, { queue: 'late' })
  await late.start()
  await expect(bench.waybill.result({ id })).rejects.toMatchObject({ name: 'JobCancelled' })
  expect((await bench.history(id)).types).toEqual(['created', 'claimed', 'cancel_requested', 'cancelled'])
  await late.stop()
})

test('a cancel that comes between claim and begin, when no hint can name a running job, is found soon', async () => {
  const { id } = await bench.waybill.enqueue(obedient, null, { queue: 'other' })
  const { engine } = bench
  const late = withVerb(engine, 'apply', async (changes, claim) => {
    const answer = await engine.apply(changes, claim)
    if (answer.claimed?.jobs.length) await bench.waybill.cancel(id)
    return answer
  })
  const other = aWorker(bench, { engine: late, queues: ['other'], leaseMs: 600_000 })
  await other.start()
  await expect(bench.waybill.result({ id })).rejects.toBeInstanceOf(JobCancelled)
  await other.stop()
})

test('a call for jobs that the store refuses for once is made again, and its slots are not lost', async () => {
  const { engine } = bench
  let refusals = 0
  const moody = withVerb(engine, 'apply', async (changes, claim) => {
    if (claim && refusals++ < 3) throw new Error('a fault of the store')
    return engine.apply(changes, claim)
  })
  const other = aWorker(bench, { engine: moody, queues: ['other'], clock: hurried })
  await other.start()
  expect(await bench.waybill.result(await bench.waybill.enqueue(quick, 5, { queue: 'other' }))).toBe(5)
  await other.stop()
})

describe('the lease of a running job', () => {
  test('taken by others: the handler is told and its outcome is dropped', async () => {
    const { id } = await bench.waybill.enqueue(held, null)
    await gate.arrivals(1)
    const { record } = await bench.history(id)
    await bench.engine.apply([completed(record, record.fence, 'by another')])
    await eventually(bench.engine, () => bench.said.some((line) => line.includes('this attempt is told to stop')))
    gate.open()
    await bench.waybill.result(await bench.waybill.enqueue(quick, 1))
    expect((await bench.history(id)).record).toMatchObject({ status: 'completed', result: 'by another' })
  })
})

describe('the heartbeat', () => {
  const leaseMs = 600
  const claimOne = async () => {
    const { id } = await bench.waybill.enqueue(held, null, { queue: 'beat' })
    const claim = { queues: ['beat'], max: 1, leaseMs, claimId: id, begins: 1, workerId: 'w_beat' }
    return { id, ...(await bench.engine.claim(claim)) }
  }
  const sinceStart = async (id: string) => {
    const { lease } = (await bench.history(id)).record
    return lease === null ? null : lease.heartbeatAt - lease.startedAt
  }
  const renewed = (id: string) => eventually(bench.engine, async () => ((await sinceStart(id)) ?? 0) > 0)
  const heart = (engineUrl: string | null) =>
    new Heartbeat({ ...bench.parts, engineUrl, workerId: 'w_beat', leaseMs, clock: systemClock, log: bench.parts.log })

  test.each(['its thread', 'the main loop'])('renews from %s', async (where) => {
    const beat = heart(where === 'its thread' ? bench.url : null)
    await beat.start()
    const { id, fence } = await claimOne()
    beat.claimed(fence, 1)
    await renewed(id)
    await beat.stop()
    expect(await sinceStart(id)).toBeLessThan(leaseMs)
  })

  test('is assured for as long as a handler may take before it begins: it may block the loop at once', async () => {
    const said = vi.spyOn(Heartbeat.prototype, 'alive')
    try {
      await vi.waitFor(() => expect(said).toHaveBeenCalled()) // an idle worker's tick asks for little
      atBegin = () => (said.mock.lastCall?.[0] ?? 0) - systemClock.now()
      const assuredMs = await bench.waybill.result(await bench.waybill.enqueue(asks, null))
      expect(assuredMs).toBeGreaterThan(30 * 60_000) // the default time limit
    } finally {
      said.mockRestore()
    }
  })

  test('from its thread ends at the time that the main loop named last: a loop that never comes back holds no job', async () => {
    const [dead, alive] = [heart(bench.url), heart(bench.url)]
    await Promise.all([dead.start(), alive.start()])
    const [first, second] = [await claimOne(), await claimOne()]
    dead.claimed(first.fence, 1)
    dead.alive(systemClock.now())
    alive.claimed(second.fence, 1)
    alive.alive(systemClock.now() + 60_000)
    await eventually(bench.engine, async () => ((await sinceStart(second.id)) ?? 0) > leaseMs)
    expect(await sinceStart(first.id)).toBe(0)
    await Promise.all([dead.stop(), alive.stop()])
  })

  test('whose thread cannot open the store goes on from the main loop, and says so', async () => {
    const beat = heart('sqlite:/dev/null/none/jobs.db')
    await beat.start()
    const { id, fence } = await claimOne()
    beat.claimed(fence, 1)
    await renewed(id)
    await beat.stop()
    expect(bench.said).toContainEqual('error: the heartbeat thread ended; leases are renewed on the main loop')
  })

  test('stops renewing what ended, may be stopped twice, and before it ever started', async () => {
    const never = heart(bench.url)
    await never.stop()
    const beat = heart(bench.url)
    await beat.start()
    const [first, second] = [await claimOne(), await claimOne()]
    beat.claimed(first.fence, 1)
    beat.claimed(second.fence, 1)
    beat.ended(first.fence)
    await renewed(second.id)
    expect(await sinceStart(first.id)).toBe(0)
    await Promise.all([beat.stop(), beat.stop()])
  })
})

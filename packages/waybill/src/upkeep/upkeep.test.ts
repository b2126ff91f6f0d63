// The roles that keep the store in order, each on an engine whose clock the test moves.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Claimed, Engine, LeasedJob, NewJob } from '../engine/engine.ts'
import { openEngine } from '../engines/registry.ts'
import { aClaim, aJob } from '../engine/jobs.fixture.ts'
import { aPlace } from '../engines/sqlite/fixture.ts'
import { cancel, completed, failed } from '../job/decide.ts'
import { systemError, WaybillError } from '../job/errors.ts'
import { defaultPolicy } from '../job/policy.ts'
import { Telemetry } from '../job/telemetry.ts'
import { systemClock } from '../lib/clock.ts'
import { silentLogger } from '../lib/log.ts'
import { eventually, historyOf } from '../waybill.fixture.ts'
import { withVerb } from '../worker/worker.fixture.ts'
import { expire } from './expire.ts'
import { Loop } from './loop.ts'
import { promote } from './promote.ts'
import { rescue } from './rescue.ts'
import { sweep } from './sweep.ts'
import { Upkeep } from './upkeep.ts'

const leaseMs = 15_000
const random = () => 0.5
const newRef = () => 'err_test'

let place: ReturnType<typeof aPlace>
let engine: Engine
let offset = 0
let telemetry: Telemetry

beforeEach(async () => {
  offset = 0
  place = aPlace()
  telemetry = new Telemetry()
  engine = await openEngine(place.url, { clockOffset: () => offset })
  await engine.migrate()
})
afterEach(async () => {
  await engine.close()
  place.remove()
})

const pass = (ms: number) => void (offset += ms)
const partsOn = (on: Engine = engine) => ({ engine: on, clock: systemClock, log: silentLogger })
const rescuer = (on: Engine = engine) => rescue({ ...partsOn(on), telemetry, random, newRef })
const statusOf = async (id: string) => (await historyOf(engine, id)).record.status

async function add(more: Partial<NewJob> = {}, spec: Partial<NewJob['spec']> = {}): Promise<string> {
  const [stored] = await engine.insert([aJob(spec, more)])
  return stored?.id ?? ''
}

async function claimOne(more: Partial<Parameters<typeof aClaim>[0]> = {}): Promise<Claimed & { job: LeasedJob }> {
  const claimed = await engine.claim(aClaim(more))
  const [job] = claimed.jobs
  if (!job) throw new Error('nothing was claimed')
  return { ...claimed, job }
}

describe('promote', () => {
  test('a delayed job becomes pending when its time has come, and not before', async () => {
    const id = await add({ delayMs: 5_000 })
    pass(4_000)
    await promote(partsOn()).bite()
    expect(await statusOf(id)).toBe('scheduled')
    pass(1_000)
    await promote(partsOn()).bite()
    expect(await historyOf(engine, id)).toMatchObject({
      record: { status: 'pending', waitReason: null },
      types: ['created', 'due'],
    })
  })

  test('two that promote at once promote each job once', async () => {
    const ids = await Promise.all(Array.from({ length: 20 }, () => add({ delayMs: 10 })))
    pass(10)
    await Promise.all([promote(partsOn()).bite(), promote(partsOn()).bite()])
    for (const id of ids) expect((await historyOf(engine, id)).types).toEqual(['created', 'due'])
  })
})

describe('rescue', () => {
  const backoffMs = defaultPolicy.retry.backoffMs

  async function loseOnce(id: string): Promise<void> {
    await promote(partsOn()).bite()
    await claimOne()
    pass(leaseMs)
    await rescuer().bite()
    expect((await historyOf(engine, id)).types.at(-1)).toMatch(/^(lost|failed)$/)
  }

  test('nothing is taken back while its lease lives', async () => {
    const id = await add()
    await claimOne()
    pass(leaseMs - 1_000)
    await rescuer().bite()
    expect(await statusOf(id)).toBe('processing')
  })

  test('a renewed lease is left alone, even by a rescuer that saw it run out', async () => {
    const id = await add()
    const { fence, job } = await claimOne()
    pass(leaseMs)
    const stale = withVerb(engine, 'due', async (kind) => (kind === 'lease' ? [job.record] : []))
    await engine.extend({ workerId: 'w1', leaseMs, leases: [{ fence, begun: 1 }], jobs: [] })
    await rescuer(stale).bite()
    expect(await historyOf(engine, id)).toMatchObject({ record: { status: 'processing', losses: 0 } })
  })

  test('the first loss sends the job back at once, the next ones after its backoff, the fourth fails it', async () => {
    const id = await add()
    await loseOnce(id)
    expect((await historyOf(engine, id)).record).toMatchObject({ status: 'pending', losses: 1, fails: 0 })
    await loseOnce(id)
    const second = (await historyOf(engine, id)).record
    expect(second).toMatchObject({ status: 'scheduled', losses: 2, waitReason: 'retry' })
    expect(second.runAt - second.updatedAt).toBe(backoffMs)
    pass(backoffMs)
    await loseOnce(id)
    const third = (await historyOf(engine, id)).record
    expect(third.runAt - third.updatedAt).toBe(2 * backoffMs)
    pass(2 * backoffMs)
    await loseOnce(id)
    expect(await historyOf(engine, id)).toMatchObject({
      record: { status: 'failed', losses: 4, fails: 0, error: { code: 'worker_crashed' } },
      attempts: [{ status: 'lost' }, { status: 'lost' }, { status: 'lost' }, { status: 'lost' }],
    })
    expect(telemetry.text()).toContain('waybill_leases_expired_total 4')
  })

  test('what the dead worker had fetched but not begun goes back free of charge', async () => {
    const ids = [await add(), await add(), await add()]
    await claimOne({ begins: 1 })
    pass(leaseMs)
    await rescuer().bite()
    const records = await Promise.all(ids.map(async (id) => (await historyOf(engine, id)).record))
    expect(records.map(({ status, losses, attempt }) => [status, losses, attempt])).toEqual([
      ['pending', 1, 1],
      ['pending', 0, 0],
      ['pending', 0, 0],
    ])
  })

  test('what was begun later counts as begun, once the engine has been told', async () => {
    const ids = [await add(), await add()]
    const { fence } = await claimOne({ begins: 1 })
    await engine.claim(aClaim({ max: 0, begun: [{ fence, begun: 2 }] }))
    pass(leaseMs)
    await rescuer().bite()
    const losses = await Promise.all(ids.map(async (id) => (await historyOf(engine, id)).record.losses))
    expect(losses).toEqual([1, 1])
  })

  test('of two rescuers that race one takes the job back, and it is charged once', async () => {
    const ids = await Promise.all(Array.from({ length: 20 }, () => add()))
    await claimOne({ max: 20, begins: 20 })
    pass(leaseMs)
    const other = await openEngine(place.url, { clockOffset: () => offset })
    await Promise.all([rescuer().bite(), rescuer(other).bite()])
    await other.close()
    for (const id of ids) {
      expect(await historyOf(engine, id)).toMatchObject({
        record: { losses: 1 },
        types: ['created', 'claimed', 'lost'],
      })
    }
  })

  test('the late outcome of the lost attempt is refused', async () => {
    const id = await add()
    const { fence, job } = await claimOne()
    pass(leaseMs)
    await rescuer().bite()
    const { applied } = await engine.apply([completed(job.record, fence, 'late')])
    expect(applied).toEqual([{ outcome: 'lost' }])
    expect(await engine.note([{ id, fence, progress: 0.9 }])).toEqual(['lost'])
    expect((await historyOf(engine, id)).record).toMatchObject({ status: 'pending', result: null, progress: null })
  })

  test('a job whose cancel was asked for is cancelled when its worker vanishes', async () => {
    const id = await add()
    const { job } = await claimOne()
    const asked = cancel(job.record)
    await engine.apply(asked ? [asked] : [])
    pass(leaseMs)
    await rescuer().bite()
    expect((await historyOf(engine, id)).record).toMatchObject({ status: 'cancelled', losses: 1 })
  })

  test('a cancel that is not obeyed within its grace revokes the lease', async () => {
    const id = await add()
    const { fence, job } = await claimOne({ leaseMs: 600_000 })
    const asked = cancel(job.record, { graceMs: 3_000, reason: 'enough' })
    await engine.apply(asked ? [asked] : [])
    pass(2_000)
    await rescuer().bite()
    expect(await statusOf(id)).toBe('processing')
    pass(1_000)
    await rescuer().bite()
    expect((await historyOf(engine, id)).record).toMatchObject({ status: 'cancelled', cancelReason: 'enough' })
    expect((await engine.apply([completed(job.record, fence, 1)])).applied).toEqual([{ outcome: 'lost' }])
  })
})

describe('expire', () => {
  const startWithin = (ms: number) => add({}, { policy: { ...defaultPolicy, startWithinMs: ms } })

  test('a job that was not started in time fails as expired', async () => {
    const id = await startWithin(2_000)
    await expire(partsOn(), newRef).bite()
    expect(await statusOf(id)).toBe('pending')
    pass(2_000)
    await expire(partsOn(), newRef).bite()
    expect((await historyOf(engine, id)).record).toMatchObject({ status: 'failed', error: { code: 'expired' } })
  })

  test('a job that was started in time is left to run, and to be retried', async () => {
    const id = await startWithin(2_000)
    const { fence, job } = await claimOne()
    pass(3_000)
    await expire(partsOn(), newRef).bite()
    expect(await statusOf(id)).toBe('processing')
    await engine.apply([failed(job.record, fence, systemError('job_error', 'err_1'), random)])
    await expire(partsOn(), newRef).bite()
    expect(await statusOf(id)).toBe('scheduled')
  })
})

describe('sweep', () => {
  test('an ended job past its retention leaves a tombstone, one within it stays', async () => {
    const [gone, kept] = [await add(), await add()]
    const { fence, jobs } = await claimOne()
    await engine.apply(jobs.map(({ record }) => completed(record, fence, 1)))
    pass(defaultPolicy.retentionMs - 1_000)
    await sweep(engine, 'me').bite()
    expect(await statusOf(gone)).toBe('completed')
    pass(1_000)
    await sweep(engine, 'me').bite()
    expect(await engine.get([gone, kept])).toEqual([
      { gone: true, userId: 'user-1' },
      { gone: true, userId: 'user-1' },
    ])
  })

  test('one process sweeps at a time', async () => {
    expect(await engine.lead('sweep', 'another', 60_000)).toBe(true)
    const id = await add()
    const { fence, job } = await claimOne()
    await engine.apply([completed(job.record, fence, 1)])
    pass(defaultPolicy.retentionMs)
    await engine.lead('sweep', 'another', 60_000)
    expect(await sweep(engine, 'me').bite()).toBe(false)
    expect(await engine.get([id])).toMatchObject([{ record: { id } }])
  })
})

describe('the loop of a role', () => {
  test('works on until nothing is left, then rests', async () => {
    let left = 3
    const rested = Promise.withResolvers<void>()
    const clock = { ...systemClock, after: () => (rested.resolve(), () => {}) }
    const loop = new Loop({ name: 'test', restMs: 1e9, bite: async () => --left > 0 }, clock, silentLogger)
    loop.start()
    await rested.promise
    await loop.stop()
    expect(left).toBe(0)
  })

  test('survives a store that is away, says so once, and goes on when it is back', async () => {
    let rounds = 0
    const said: string[] = []
    const back = Promise.withResolvers<void>()
    const bite = async () => {
      if (++rounds < 4) throw new WaybillError('engine_unavailable', 'away')
      back.resolve()
      return false
    }
    const log = { ...silentLogger, warn: (_: object, message: string) => void said.push(message) }
    const loop = new Loop({ name: 'test', restMs: 1, bite }, systemClock, log)
    loop.start()
    await back.promise
    await loop.stop()
    expect(said).toEqual(['upkeep could not do its round; trying again'])
  })

  test('stops at once while it rests, may be stopped twice, and never begins after that', async () => {
    let rounds = 0
    const loop = new Loop({ name: 't', restMs: 1e9, bite: async () => (rounds++, false) }, systemClock, silentLogger)
    loop.start()
    await Promise.all([loop.stop(), loop.stop()])
    loop.start()
    expect(rounds).toBe(1)
  })

  test('all roles together bring a delayed job round without being asked', async () => {
    const upkeep = new Upkeep({
      engine,
      batches: { finishDue: async () => {}, sweep: async () => {} },
      clock: systemClock,
      log: silentLogger,
      telemetry,
      random,
      newRef,
      holder: 'me',
      firing: { knows: () => false, fire: async () => [] },
    })
    upkeep.start()
    upkeep.start()
    const id = await add({ delayMs: 20 })
    await eventually(engine, async () => (await statusOf(id)) === 'pending')
    await upkeep.stop()
    expect((await historyOf(engine, id)).types).toEqual(['created', 'due'])
  })
})

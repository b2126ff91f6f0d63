// A record that cannot be changed, or not even read, stops no other: each role leaves it alone and says so once.
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Engine } from '../engine/engine.ts'
import { openEngine } from '../engines/registry.ts'
import { aClaim, aJob } from '../engine/jobs.fixture.ts'
import { aPlace } from '../engines/sqlite/fixture.ts'
import { cancel } from '../job/decide.ts'
import { WaybillError } from '../job/errors.ts'
import { defaultPolicy } from '../job/policy.ts'
import { Telemetry } from '../job/telemetry.ts'
import { systemClock } from '../lib/clock.ts'
import { silentLogger } from '../lib/log.ts'
import { historyOf } from '../waybill.fixture.ts'
import { withVerb } from '../worker/worker.fixture.ts'
import { expire } from './expire.ts'
import { promote } from './promote.ts'
import { rescue } from './rescue.ts'

let place: ReturnType<typeof aPlace>
let engine: Engine
let offset = 0
let said: object[] = []

beforeEach(async () => {
  offset = 0
  said = []
  place = aPlace()
  engine = await openEngine(place.url, { clockOffset: () => offset })
  await engine.migrate()
})
afterEach(async () => {
  await engine.close()
  place.remove()
})

/** The engine, which chokes on the job named `bad`. */
const choking = () =>
  withVerb(engine, 'apply', async (changes, claim) => {
    if (changes.some(({ id }) => id === 'bad')) throw new TypeError('this record is beyond me')
    return engine.apply(changes, claim)
  })
const parts = (on: Engine) => ({
  engine: on,
  clock: { ...systemClock, now: () => offset },
  log: { ...silentLogger, error: (facts: object) => void said.push(facts) },
})
const statusOf = async (id: string) => (await historyOf(engine, id)).record.status
const add = (id: string, more = {}, policy = defaultPolicy) => engine.insert([aJob({ id, policy }, more)])

test('promote', async () => {
  for (const id of ['a', 'bad', 'b']) await add(id, { delayMs: 1_000 })
  offset = 1_000
  const role = promote(parts(choking()))
  for (let round = 0; round < 3; round++) expect(await role.bite()).toBe(false)
  expect([await statusOf('a'), await statusOf('bad'), await statusOf('b')]).toEqual(['pending', 'scheduled', 'pending'])
  expect(said).toMatchObject([{ job_id: 'bad', error: { message: 'this record is beyond me' } }])
})

test('rescue', async () => {
  for (const id of ['a', 'bad', 'b']) await add(id)
  await engine.claim(aClaim())
  offset = 20_000
  await rescue({ ...parts(choking()), telemetry: new Telemetry(), random: () => 0.5, newRef: () => 'r' }).bite()
  expect([await statusOf('a'), await statusOf('bad'), await statusOf('b')]).toEqual([
    'pending',
    'processing',
    'pending',
  ])
})

test('a bad lease keeps no disobeyed cancel from its end', async () => {
  for (const id of ['bad', 'a']) await add(id)
  const { jobs } = await engine.claim(aClaim({ max: 1, leaseMs: 1 }))
  expect(jobs).toMatchObject([{ record: { id: 'bad' } }])
  const [running] = (await engine.claim(aClaim({ leaseMs: 600_000 }))).jobs
  const asked = running && cancel(running.record, { graceMs: 1_000 })
  await engine.apply(asked ? [asked] : [])
  offset = 2_000
  await rescue({ ...parts(choking()), telemetry: new Telemetry(), random: () => 0.5, newRef: () => 'r' }).bite()
  expect(await statusOf('a')).toBe('cancelled')
})

test('expire', async () => {
  for (const id of ['a', 'bad', 'b']) await add(id, {}, { ...defaultPolicy, startWithinMs: 1_000 })
  offset = 1_000
  await expire(parts(choking()), () => 'r').bite()
  expect([await statusOf('a'), await statusOf('bad'), await statusOf('b')]).toEqual(['failed', 'pending', 'failed'])
})

test('what was bad is tried again after a while, and is well when it can be stored', async () => {
  await add('bad', { delayMs: 1_000 })
  offset = 1_000
  let mended = false
  const engineNow = withVerb(engine, 'apply', (...given) => (mended ? engine : choking()).apply(...given))
  const role = promote(parts(engineNow))
  await role.bite()
  mended = true
  await role.bite()
  expect(await statusOf('bad')).toBe('scheduled')
  offset += 300_000
  await role.bite()
  expect(await statusOf('bad')).toBe('pending')
})

test('a store that is away blames no job', async () => {
  await add('a', { delayMs: 1_000 })
  offset = 1_000
  const away = withVerb(engine, 'apply', () => Promise.reject(new WaybillError('engine_unavailable', 'away')))
  await expect(promote(parts(away)).bite()).rejects.toThrow('away')
  expect(said).toEqual([])
})

test('a row that cannot be read hides no other, and is told of in the end', async () => {
  for (const id of ['a', 'bad', 'b']) await add(id, { delayMs: 1_000 })
  new DatabaseSync(`${place.dir}/jobs.db`).exec("UPDATE jobs SET metadata = 'no JSON' WHERE id = 'bad'")
  offset = 1_000
  const role = promote(parts(engine))
  await role.bite()
  expect([await statusOf('a'), await statusOf('b')]).toEqual(['pending', 'pending'])
  await expect(role.bite()).rejects.toThrow('the job with seq 2 cannot be read')
})

// What upkeep does when a slot cannot be fired. That each is fired once, on every engine: test/schedules.
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Engine } from '../engine/engine.ts'
import { scheduleDoc, scheduleKind, scheduleOf } from '../engine/stored-schedule.ts'
import { openEngine } from '../engines/registry.ts'
import { aPlace } from '../engines/sqlite/fixture.ts'
import { WaybillError } from '../job/errors.ts'
import type { Schedule } from '../wire/schedule.ts'
import type { Firing } from './fire.ts'
import { schedules } from './schedules.ts'

const hour = 3_600_000

let place: ReturnType<typeof aPlace>
let engine: Engine
let offset = 0
let said: string[] = []

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

const says = (level: string) => (_: object, message: string) => void said.push(`${level}: ${message}`)
const log = { debug() {}, info: says('info'), warn: says('warn'), error: says('error') }
const lookWith = (fire: Firing['fire'], holder = 'me') => {
  const role = schedules({ engine, log, holder, firing: { knows: () => true, fire } })
  return () => role.bite()
}

async function make(key: string): Promise<Schedule> {
  const now = engine.now()
  const timing = { everyMs: hour, anchorAt: now }
  const rest = { rev: 0, paused: false, job: { type: 'demo' }, createdAt: now, updatedAt: now, last: null }
  const schedule: Schedule = { key, timing, overlap: 'queue', catchUp: 'one', settledAt: now, ...rest }
  await engine.putDoc(scheduleKind, key, scheduleDoc(schedule), 0)
  return schedule
}

async function stateOf(key: string): Promise<Schedule> {
  const [doc] = await engine.docs(scheduleKind, key)
  if (!doc) throw new Error(`no schedule ${key}`)
  return scheduleOf(doc)
}

test('a job that is refused for good is told of, and the schedule goes on to its next slot', async () => {
  const { settledAt } = await make('s')
  const look = lookWith(async () => [new WaybillError('invalid_input', 'no number')])
  offset = hour
  await look()
  expect(await stateOf('s')).toMatchObject({
    settledAt: settledAt + hour,
    last: { slotAt: settledAt + hour, outcome: 'refused', detail: 'invalid_input: no number' },
  })
  expect(said).toEqual(['error: a job of this schedule was refused; correct the schedule'])
})

test('one schedule that fails does not stop the others, and is told of once', async () => {
  const { settledAt } = await make('bad')
  await make('good')
  const look = lookWith(async ({ key }) => {
    if (key === 'bad') throw new Error('broken')
    return [new WaybillError('idempotency_key_reused', 'fired before')]
  })
  offset = hour
  await look()
  await look()
  expect((await stateOf('good')).last).toMatchObject({ outcome: 'fired' })
  expect(await stateOf('bad')).toMatchObject({ settledAt, last: null })
  expect(said).toEqual(['error: this schedule cannot be fired; trying again, the others go on'])
})

test('a store that is away stops the round, for the loop to try again', async () => {
  await make('s')
  const look = lookWith(() => Promise.reject(new WaybillError('engine_unavailable', 'away')))
  offset = hour
  await expect(look()).rejects.toMatchObject({ code: 'engine_unavailable' })
  expect(said).toEqual([])
})

test('one process leads a schedule; another takes over once it is silent for five seconds', async () => {
  await make('s')
  const asked: string[] = []
  const hand = (name: string) => lookWith(async () => (asked.push(name), Promise.reject(new Error('dies'))), name)
  const [first, second] = [hand('first'), hand('second')]
  offset = hour
  await first()
  await second()
  expect(asked).toEqual(['first'])
  offset += 5_000
  await second()
  expect(asked).toEqual(['first', 'second'])
})

test('a schedule that somebody pauses while it is fired stays paused', async () => {
  const schedule = await make('s')
  const look = lookWith(async () => {
    await engine.putDoc(scheduleKind, 's', scheduleDoc({ ...schedule, paused: true }), null)
    return [new WaybillError('idempotency_key_reused', 'fired before')]
  })
  offset = hour
  await look()
  expect(await stateOf('s')).toMatchObject({ paused: true, rev: 2 })
})

test('nothing is looked up of a schedule twice while nobody changes it: idle rounds read the list alone', async () => {
  await make('s')
  let asked = 0
  const firing = { knows: () => (asked++, true), fire: async () => [] }
  const role = schedules({ engine, log, holder: 'me', firing })
  for (let i = 0; i < 3; i++) await role.bite()
  expect(asked).toBe(1)
})

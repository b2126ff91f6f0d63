// What schedules owe on every engine: one job a slot, whoever races, dies or stops. Run by one test file an engine.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Engine } from '../../src/engine/engine.ts'
import { openEngine } from '../../src/engines/registry.ts'
import { defineJob, type ScheduleOptions } from '../../src/index.ts'
import { cancel } from '../../src/job/decide.ts'
import { WaybillError } from '../../src/job/errors.ts'
import { defaultPolicy } from '../../src/job/policy.ts'
import type { JobRecord } from '../../src/job/record.ts'
import { newId } from '../../src/lib/ids.ts'
import { silentLogger } from '../../src/lib/log.ts'
import { scheduleBodyOf } from '../../src/submit/schedule-options.ts'
import { Schedules } from '../../src/submit/schedules.ts'
import { Control } from '../../src/submit/control.ts'
import { Submit } from '../../src/submit/submit.ts'
import type { Schedule } from '../../src/wire/schedule.ts'
import { schedules as roleOf } from '../../src/upkeep/schedules.ts'
import { withVerb } from '../../src/worker/worker.fixture.ts'
import { Cast } from '../faults/cast.fixture.ts'
import { after } from '../faults/caller.fixture.ts'
import { quick } from '../faults/program.fixture.ts'
import type { Place, Places } from '../faults/store.fixture.ts'

const minute = 60_000
const hour = 60 * minute
const tick = defineJob({ type: 'tick', run: () => null })
type Types = ReadonlyMap<string, typeof tick>
const jobs: Types = new Map([[tick.type, tick]])

let places: Places
let place: Place
let offset = 0
let opened: Engine[] = []

/** One process: its own way into the store, its own memory. The test is its clock. */
interface Hand {
  engine: Engine
  schedules: Schedules
  look(): Promise<boolean>
}

async function aHand(types = jobs, maxPending = 100_000): Promise<Hand> {
  const engine = await openEngine(place.url, { clockOffset: () => offset })
  await engine.migrate()
  opened.push(engine)
  return handOn(engine, types, maxPending)
}

function handOn(engine: Engine, types = jobs, maxPending = 100_000): Hand {
  const submit = new Submit({
    engine,
    control: new Control(engine, types),
    jobs: types,
    policy: defaultPolicy,
    maxPending,
    newId,
  })
  const schedules = new Schedules(engine, submit)
  const fire = (schedule: Schedule, slots: number[]) => schedules.fire(schedule, slots)
  const firing = { knows: (type: string) => types.has(type), fire }
  const role = roleOf({ engine, log: silentLogger, holder: newId(), firing })
  return { engine, schedules, look: () => role.bite() }
}

const put = ({ schedules }: Hand, options: Omit<ScheduleOptions, 'job'>, key = 'k') =>
  schedules.put(key, scheduleBodyOf(key, { job: tick.with({ n: 1 }), ...options }))

async function jobsOf({ engine }: Hand, key = 'k'): Promise<JobRecord[]> {
  const found: JobRecord[] = []
  for (let next: string | null = null; ; ) {
    const page = await engine.list({ filter: { scheduleKey: key }, limit: 200, oldestFirst: true, after: next })
    found.push(...page.records)
    next = page.next
    if (next === null) return found
  }
}

function slotOf({ metadata: { scheduled_for: slot } }: Pick<JobRecord, 'metadata'>): number {
  return typeof slot === 'string' ? Date.parse(slot) : Number.NaN
}

/** When the jobs were due, in minutes after `from`. */
async function slotsOf(hand: Hand, from: number): Promise<number[]> {
  return (await jobsOf(hand)).map((job) => (slotOf(job) - from) / minute)
}

const end = async ({ engine }: Hand) => {
  const { records } = await engine.list({ filter: { status: ['pending'] }, limit: 200 })
  await engine.apply(records.flatMap((job) => cancel(job) ?? []))
}

/** A process that dies at its next `verb`, before it takes effect. */
const dyingAt = ({ engine }: Hand, verb: 'insert' | 'putDoc') =>
  handOn(withVerb(engine, verb, () => Promise.reject(new Error('dead'))))

export function schedulesOn(start: () => Promise<Places>, slots = 100): void {
  beforeAll(async () => {
    places = await start()
  })
  afterAll(() => places.stop())

  describe('on a clock of the test', () => {
    beforeEach(async () => {
      offset = 0
      opened = []
      place = await places.store()
    })
    afterEach(async () => {
      await Promise.all(opened.map((engine) => engine.close()))
      await place.close()
    })

    test('five processes, and every other leader dies: each slot has one job', async () => {
      const hands = await Promise.all(Array.from({ length: 5 }, () => aHand()))
      const [first] = hands
      if (!first) throw new Error('no hand')
      const { schedule } = await put(first, { every: 10_000, overlap: 'queue', catchUp: 'none' })
      const expected = Array.from({ length: slots }, (_, i) => (i + 1) / 6)
      for (let slot = 1; slot <= slots; slot++) {
        offset = schedule.settledAt + slot * 10_000 - Date.now() + 200
        const mortal = hands[slot % 5]
        if (mortal && slot % 2 === 0) await dyingAt(mortal, slot % 4 === 0 ? 'insert' : 'putDoc').look()
        await Promise.all(hands.map((hand) => hand.look()))
      }
      offset += 6_000
      await Promise.all(hands.map((hand) => hand.look()))
      expect((await slotsOf(first, schedule.settledAt)).toSorted((a, b) => a - b)).toEqual(expected)
      expect((await first.schedules.get('k')).settledAt).toBe(schedule.settledAt + slots * 10_000)
    })

    test('the leader dies between a slot and its note: the next one finds the job and makes no other', async () => {
      const hand = await aHand()
      const { settledAt } = (await put(hand, { every: hour, overlap: 'queue' })).schedule
      offset += hour
      await dyingAt(hand, 'putDoc').look()
      expect(await slotsOf(hand, settledAt)).toEqual([60])
      offset += 6_000
      await hand.look()
      const [job] = await jobsOf(hand)
      expect(await slotsOf(hand, settledAt)).toEqual([60])
      expect(await hand.schedules.get('k')).toMatchObject({ last: { outcome: 'fired', jobId: job?.id } })
    })

    test('a process that stopped with a slot in its hand fires it late: there is no second job', async () => {
      const [quickOne, stopped] = [await aHand(), await aHand()]
      const { schedule } = await put(quickOne, { every: hour })
      offset += hour
      const slot = schedule.settledAt + hour
      await quickOne.look()
      await end(quickOne)
      offset += 3 * 24 * hour
      const answers = await stopped.schedules.fire(schedule, [slot])
      expect(answers.every((answer) => answer instanceof WaybillError || answer.status === 'cancelled')).toBe(true)
      expect(await slotsOf(quickOne, schedule.settledAt)).toEqual([60])
    })

    test('an outage of three hours: none, one or all of the missed slots are made up for', async () => {
      const hand = await aHand()
      for (const catchUp of ['none', 'one', 'all'] as const)
        await put(hand, { every: hour, catchUp, overlap: 'queue' }, catchUp)
      offset += 3.5 * hour
      await hand.look()
      const counts = await Promise.all(['none', 'one', 'all'].map(async (key) => (await jobsOf(hand, key)).length))
      expect(counts).toEqual([0, 1, 3])
      expect(await hand.schedules.get('none')).toMatchObject({ last: { outcome: 'missed' } })
    })

    test('the clock jumps a day ahead and back: no slot has two jobs, and slots go on at once', async () => {
      const hand = await aHand()
      const { schedule } = await put(hand, { every: hour, overlap: 'queue' })
      offset += hour
      await hand.look()
      offset += 24 * hour
      await hand.look()
      offset -= 24 * hour
      await hand.look()
      offset += hour
      await hand.look()
      expect(await slotsOf(hand, schedule.settledAt)).toEqual([60, 25 * 60, 120])
    })

    test('slots that pass during a pause are not made up for, and the schedule goes on after it', async () => {
      const hand = await aHand()
      const { schedule } = await put(hand, { every: hour, catchUp: 'all', overlap: 'queue' })
      await hand.schedules.pause('k', true)
      offset += 2.5 * hour
      await hand.look()
      expect(await jobsOf(hand)).toEqual([])
      await hand.schedules.pause('k', false)
      offset += hour
      await hand.look()
      expect(await slotsOf(hand, schedule.settledAt)).toEqual([180])
    })

    test('overlap skip: no job while an earlier one has not ended', async () => {
      const hand = await aHand()
      const { schedule } = await put(hand, { every: hour, overlap: 'skip' })
      for (const ends of [false, false, true, false]) {
        offset += hour
        await hand.look()
        if (ends) await end(hand)
      }
      expect(await slotsOf(hand, schedule.settledAt)).toEqual([60, 240])
    })

    test('overlap skip says which job was in the way', async () => {
      const hand = await aHand()
      await put(hand, { every: hour, overlap: 'skip' })
      const job = await hand.schedules.trigger('k')
      offset += hour
      await hand.look()
      expect((await hand.schedules.get('k')).last).toMatchObject({ outcome: 'skipped', jobId: job.id })
    })

    test('overlap replace: the new job takes the place of the one that has not ended', async () => {
      const hand = await aHand()
      await put(hand, { every: hour, overlap: 'replace' })
      for (let i = 0; i < 3; i++) {
        offset += hour
        await hand.look()
      }
      const found = await jobsOf(hand)
      expect(found.map(({ status }) => status)).toEqual(['cancelled', 'cancelled', 'pending'])
      expect(found[0]?.cancelReason).toBe(`replaced by ${found[1]?.id}, the next run of k`)
    })

    test('a process that does not know the type of the jobs leaves the schedule to those that do', async () => {
      const [stranger, hand] = [await aHand(new Map()), await aHand()]
      const { schedule } = await put(hand, { every: hour })
      offset += hour
      await stranger.look()
      await hand.look()
      expect(await slotsOf(hand, schedule.settledAt)).toEqual([60])
    })

    test('a full queue: the slot waits until there is room, and what was stored stays stored', async () => {
      const hand = await aHand(jobs, 2)
      const { schedule } = await put(hand, { every: 10_000, overlap: 'queue' })
      offset += 40_000
      await hand.look()
      await hand.look()
      expect(await jobsOf(hand)).toHaveLength(2)
      await end(hand)
      await hand.look()
      expect(await slotsOf(hand, schedule.settledAt)).toEqual([1 / 6, 2 / 6, 3 / 6, 4 / 6])
    })

    test('a schedule that cannot be read does not stop the others', async () => {
      const hand = await aHand()
      await hand.engine.putDoc('schedule', 'a', { from: 'a later version' }, 0)
      const { schedule } = await put(hand, { every: hour })
      offset += hour
      await hand.look()
      expect(await slotsOf(hand, schedule.settledAt)).toEqual([60])
    })

    test('many who make the same schedule at once make one', async () => {
      const hands = await Promise.all([aHand(), aHand(), aHand()])
      const made = await Promise.all(hands.map((hand) => put(hand, { cron: '0 3 * * *' })))
      expect(made.filter(({ created }) => created)).toHaveLength(1)
      expect(await hands[0].schedules.list()).toHaveLength(1)
    })
  })

  describe('with real processes', () => {
    let cast: Cast
    beforeEach(async () => {
      cast = new Cast(await places.store())
      await cast.waybill.migrate()
    })
    afterEach(() => cast.close())

    test('of three workers one is killed and one stopped for a while: each slot runs once, none is left out', async () => {
      const [killed, stopped] = await Promise.all([cast.worker(), cast.worker(), cast.worker()])
      const schedule = await cast.waybill.schedule('s', { every: '1s', job: quick.with({ n: 1 }), overlap: 'queue' })
      const slots = async () => {
        const { jobs: made } = await cast.waybill.list({ scheduleKey: 's' }, { limit: 200 })
        return made.map(slotOf)
      }
      const until = async (count: number) => {
        while ((await slots()).length < count) await after(50)
      }
      await until(1)
      killed.kill('SIGKILL')
      await cast.freeze(stopped)
      await until(3)
      stopped.kill('SIGCONT')
      await until(4)
      await cast.waybill.unschedule('s')
      const fired = (await slots()).toSorted((a, b) => a - b)
      expect(fired).toEqual(fired.map((_, i) => schedule.settledAt + (i + 1) * 1_000))
    }, 120_000)
  })
}

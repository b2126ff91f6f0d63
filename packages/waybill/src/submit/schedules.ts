// Schedules: kept as documents, each change if nobody else changed it meanwhile; and the jobs that their slots make.
// When a slot is due is the business of upkeep/schedules.ts.
import type { ReadEngine, WriteEngine } from '../engine/engine.ts'
import { scheduleDoc, scheduleKind, scheduleOf } from '../engine/stored-schedule.ts'
import { WaybillError } from '../job/errors.ts'
import type { JobRecord } from '../job/record.ts'
import { canonicalJson } from '../lib/json.ts'
import { submitMembers } from '../wire/requests.ts'
import type { Schedule, ScheduleBody } from '../wire/schedule.ts'
import { toWireTime } from '../wire/time.ts'
import { scheduled } from './schedule-check.ts'
import type { SubmitRequest } from './request.ts'
import type { Submit } from './submit.ts'

/** How many a store keeps. */
const most = 1_000
/** How often a change is made anew because somebody else made one. */
const tries = 10
/** A slot's key outlasts a process that was stopped between reading that it was due and firing it. */
const slotKeyMs = 7 * 86_400_000

export class Schedules {
  readonly #engine: ReadEngine & WriteEngine
  readonly #submit: Submit

  constructor(engine: ReadEngine & WriteEngine, submit: Submit) {
    this.#engine = engine
    this.#submit = submit
  }

  /**
   * Makes the schedule, or makes an existing one like this; the same again changes nothing. Throws `bad_request`, and
   * what submitting its job would throw (`unknown_type`, `invalid_input`, `too_large`).
   */
  async put(key: string, body: ScheduleBody): Promise<{ schedule: Schedule; created: boolean }> {
    const now = this.#engine.now()
    const fresh = scheduled(key, body, null, now)
    await this.#submit.check(requestOf(fresh))
    for (let i = 0; i < tries; i++) {
      const before = await this.find(key)
      if (!before) await this.#checkRoom()
      const after = scheduled(key, body, before, now)
      if (before && same(before, after)) return { schedule: before, created: false }
      if (await this.#store(after, before?.rev ?? 0)) return { schedule: await this.get(key), created: !before }
    }
    throw restless(key)
  }

  /** Throws `not_found`. */
  async get(key: string): Promise<Schedule> {
    const found = await this.find(key)
    if (found) return found
    throw new WaybillError('not_found', `there is no schedule "${key.slice(0, 100)}"`)
  }

  async find(key: string): Promise<Schedule | null> {
    const [doc] = await this.#engine.docs(scheduleKind, key)
    return doc ? scheduleOf(doc) : null
  }

  /** All, by key. */
  async list(): Promise<Schedule[]> {
    return (await this.#engine.docs(scheduleKind)).map(scheduleOf)
  }

  /** Forgets the schedule; its jobs stay. Throws `not_found`. */
  async remove(key: string): Promise<void> {
    await this.get(key)
    await this.#engine.putDoc(scheduleKind, key, null, null)
  }

  /** Slots that pass while it is paused are not made up for. Throws `not_found`. */
  async pause(key: string, paused: boolean): Promise<Schedule> {
    for (let i = 0; i < tries; i++) {
      const before = await this.get(key)
      if (before.paused === paused) return before
      const settledAt = paused ? before.settledAt : this.#engine.now()
      if (await this.#store({ ...before, paused, settledAt }, before.rev)) return this.get(key)
    }
    throw restless(key)
  }

  /** Submits its job now, also while it is paused. Throws `not_found`, and what submitting throws. */
  async trigger(key: string): Promise<JobRecord> {
    return (await this.#submit.submit(requestOf(await this.get(key)))).record
  }

  /** Submits the jobs of these slots in one insert: each slot once, whoever fires it and however often. */
  async fire(schedule: Schedule, slots: number[]): Promise<(JobRecord | WaybillError)[]> {
    const answers = await this.#submit.submitMany(slots.map((slot) => slotRequest(schedule, slot)))
    return answers.map((answer) => (answer instanceof WaybillError ? answer : answer.record))
  }

  async #checkRoom(): Promise<void> {
    if ((await this.#engine.docs(scheduleKind)).length < most) return
    throw new WaybillError('bad_request', `there are ${most} schedules, as many as a store keeps; remove one first`)
  }

  #store(schedule: Schedule, expectRev: number): Promise<boolean> {
    return this.#engine.putDoc(scheduleKind, schedule.key, scheduleDoc(schedule), expectRev)
  }
}

function requestOf({ key, job }: Pick<Schedule, 'key' | 'job'>): SubmitRequest {
  return { ...submitMembers(job), userId: job.user_id ?? null, scheduleKey: key }
}

function slotRequest(schedule: Schedule, slot: number): SubmitRequest {
  const at = toWireTime(slot)
  return {
    ...requestOf(schedule),
    metadata: { ...schedule.job.metadata, scheduled_for: at },
    idempotency: { scope: `schedule ${schedule.key}`, key: at, keepMs: slotKeyMs },
  }
}

function same(a: Schedule, b: Schedule): boolean {
  return canonicalJson(scheduleDoc(a)) === canonicalJson(scheduleDoc(b))
}

function restless(key: string): WaybillError {
  return new WaybillError('engine_unavailable', `schedule "${key}" kept changing; try again`, { retryAfter: 1 })
}

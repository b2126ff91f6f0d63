// Schedules: fires the slots that are due, one process at a time for each schedule.
//
//   is it due? → lead it → read it anew → fire its slots → note how far it has come, if nobody changed it meanwhile
//
// A slot's job is inserted under the slot's own key. Whoever dies, stops or races anywhere on this way: the next one goes
// it again, and the key answers with the job that is there.
import type { Doc, Engine } from '../engine/engine.ts'
import { scheduleDoc, scheduleKind, scheduleOf } from '../engine/stored-schedule.ts'
import { isOutage } from '../job/errors.ts'
import { dueSlots, isAhead } from '../job/schedule.ts'
import { nextSlot } from '../job/slots.ts'
import type { Logger } from '../lib/log.ts'
import type { Schedule } from '../wire/schedule.ts'
import { fireSlots, type Firing } from './fire.ts'
import type { Role } from './loop.ts'

export interface ScheduleParts {
  engine: Engine
  log: Logger
  holder: string
  firing: Firing
}

/** What is known of a schedule as of a rev: reading it and finding its next slot are done once a rev. */
interface Known {
  rev: number
  /** Null: nothing will come of it here. */
  dueAt: number | null
  settledAt: number
}

const nothing = { dueAt: null, settledAt: 0 }

/** So long a schedule waits for a process that died while it led it. */
const leadMs = 5_000

export function schedules(parts: ScheduleParts): Role {
  const round = new Round(parts)
  return { name: 'schedules', restMs: 500, bite: () => round.take() }
}

function isDue({ dueAt, settledAt }: Known, now: number): boolean {
  return dueAt !== null && (dueAt <= now || isAhead(settledAt, now))
}

class Round {
  readonly #parts: ScheduleParts
  #known = new Map<string, Known>()
  /** Schedules that failed, told of once. */
  readonly #failing = new Set<string>()

  constructor(parts: ScheduleParts) {
    this.#parts = parts
  }

  /** True when a schedule has more slots due than one look fires. */
  async take(): Promise<boolean> {
    const { engine } = this.#parts
    const docs = await engine.docs(scheduleKind)
    this.#known = new Map(docs.map((doc) => [doc.key, this.#knownOf(doc)]))
    const now = engine.now()
    let more = false
    for (const [key, known] of this.#known) if (isDue(known, now) && (await this.#try(key))) more = true
    return more
  }

  #knownOf(doc: Doc): Known {
    const before = this.#known.get(doc.key)
    return before?.rev === doc.rev ? before : { rev: doc.rev, ...this.#read(doc) }
  }

  #read(doc: Doc): Omit<Known, 'rev'> {
    try {
      const { paused, job, timing, settledAt } = scheduleOf(doc)
      if (paused || !this.#parts.firing.knows(job.type)) return nothing
      return { dueAt: nextSlot(timing, settledAt), settledAt }
    } catch (error) {
      this.#tell(doc.key, error)
      return nothing
    }
  }

  // One that fails must not stop the others.
  async #try(key: string): Promise<boolean> {
    const { engine, holder } = this.#parts
    try {
      if (!(await engine.lead(`schedule ${key}`, holder, leadMs))) return false
      const more = await this.#fire(key)
      this.#failing.delete(key)
      return more
    } catch (error) {
      if (isOutage(error)) throw error
      this.#tell(key, error)
      return false
    }
  }

  async #fire(key: string): Promise<boolean> {
    const { engine, firing } = this.#parts
    const [doc] = await engine.docs(scheduleKind, key)
    const schedule = doc && scheduleOf(doc)
    const due = schedule && !schedule.paused ? dueSlots(schedule, engine.now()) : null
    if (!schedule || !due) return false
    const progress = await fireSlots(engine, firing, schedule, due)
    this.#report(schedule, progress)
    await engine.putDoc(scheduleKind, key, scheduleDoc({ ...schedule, ...progress }), schedule.rev)
    return dueSlots({ ...schedule, ...progress }, engine.now()) !== null
  }

  #report({ key }: Schedule, { last }: Pick<Schedule, 'last'>): void {
    const { log } = this.#parts
    if (last?.outcome === 'refused')
      log.error({ schedule: key, why: last.detail }, 'a job of this schedule was refused; correct the schedule')
    if (last?.outcome === 'missed') log.warn({ schedule: key }, 'runs of this schedule were missed while nothing ran')
  }

  #tell(key: string, error: unknown): void {
    if (this.#failing.has(key)) return
    this.#failing.add(key)
    this.#parts.log.error({ error, schedule: key }, 'this schedule cannot be fired; trying again, the others go on')
  }
}

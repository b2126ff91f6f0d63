// What is done with the due slots of one schedule, and how far it has come by that.
import type { Engine } from '../engine/engine.ts'
import { cancel } from '../job/decide.ts'
import { WaybillError } from '../job/errors.ts'
import type { JobRecord } from '../job/record.ts'
import type { Due } from '../job/schedule.ts'
import { isEnd } from '../job/status.ts'
import type { LastRun, Schedule } from '../wire/schedule.ts'

/** What makes jobs of slots; it knows the types of job of this process. */
export interface Firing {
  knows(type: string): boolean
  /** One answer a slot, in order. A slot that was fired before answers with its job. */
  fire(schedule: Schedule, slots: number[]): Promise<(JobRecord | WaybillError)[]>
}

export type Progress = Pick<Schedule, 'settledAt' | 'last'>

/** An earlier job that has not ended is looked for among so many, newest first. */
const lookBack = 20
/** Errors that pass: the slot stays due. */
const passing = new Set(['queue_full', 'draining', 'engine_unavailable'])
/** The slot has its job already. */
const known = new Set(['idempotency_key_reused', 'job_expired'])

/** Throws when the first of the slots must wait; nothing has been done by then that another try would do twice. */
export async function fireSlots(engine: Engine, firing: Firing, schedule: Schedule, due: Due): Promise<Progress> {
  const { settledAt } = due
  const slot = due.fire.at(-1)
  if (slot === undefined) return { settledAt, last: missed(schedule, settledAt) }
  if (schedule.overlap === 'skip') {
    const [busy] = await unended(engine, schedule.key)
    if (busy)
      return { settledAt, last: { slotAt: slot, outcome: 'skipped', jobId: busy.id, detail: 'this job had not ended' } }
  }
  const answers = await firing.fire(schedule, due.fire)
  const fired = answers.at(-1)
  if (schedule.overlap === 'replace' && fired && 'id' in fired) await replace(engine, schedule.key, fired)
  return settled(schedule, due, answers)
}

function missed({ settledAt, last }: Schedule, slotAt: number): LastRun | null {
  return slotAt < settledAt ? last : { slotAt, outcome: 'missed', jobId: null, detail: null }
}

// Up to the first slot that must wait.
function settled(schedule: Schedule, due: Due, answers: (JobRecord | WaybillError)[]): Progress {
  const done = answers.findIndex(mustWait)
  if (done === -1) return { settledAt: due.settledAt, last: runOf(due.fire.at(-1), answers.at(-1)) }
  const [slot, first] = [due.fire[done - 1], answers[done]]
  if (slot === undefined && first instanceof WaybillError) throw first
  return { settledAt: slot ?? schedule.settledAt, last: runOf(slot, answers[done - 1]) ?? schedule.last }
}

function mustWait(answer: JobRecord | WaybillError): boolean {
  return answer instanceof WaybillError && passing.has(answer.code)
}

function runOf(slotAt: number | undefined, answer: JobRecord | WaybillError | undefined): LastRun | null {
  if (slotAt === undefined || answer === undefined) return null
  if (!(answer instanceof WaybillError)) return { slotAt, outcome: 'fired', jobId: answer.id, detail: null }
  if (known.has(answer.code)) return { slotAt, outcome: 'fired', jobId: null, detail: null }
  return { slotAt, outcome: 'refused', jobId: null, detail: `${answer.code}: ${answer.message}` }
}

async function unended(engine: Engine, scheduleKey: string): Promise<JobRecord[]> {
  const { records } = await engine.list({ filter: { scheduleKey }, limit: lookBack })
  return records.filter(({ status }) => !isEnd(status))
}

// Only what is older than the slot's own job: whoever comes late must not cancel a newer one.
async function replace(engine: Engine, key: string, by: JobRecord): Promise<void> {
  const older = (await unended(engine, key)).filter((job) => job.id !== by.id && job.createdAt <= by.createdAt)
  const changes = older.flatMap((job) => cancel(job, { reason: `replaced by ${by.id}, the next run of ${key}` }) ?? [])
  if (changes.length > 0) await engine.apply(changes)
}

// Changed records over those that were read: the arguments of store.lua, and its verdicts.
import type { Note } from '../../engine/engine.ts'
import { isTimed } from '../../engine/is-due.ts'
import { recorded, type NewStep } from '../../job/change.ts'
import { limits } from '../../job/limits.ts'
import type { JobRecord } from '../../job/record.ts'
import { isEnd } from '../../job/status.ts'
import type { TimelineEntry } from '../../job/timeline.ts'
import { stateLine } from './codec.ts'
import type { Arg } from './port.ts'
import { implied, type Stored } from './read.ts'
import { texts } from './reply.ts'
import type { Shard } from './shard.ts'

/** A job as it was read, and as it shall be. */
export interface Write {
  job: Stored
  next: JobRecord
  event?: Pick<TimelineEntry, 'type' | 'data'>
  /** Only if the lease has run out on the engine's clock. */
  runOut?: boolean
  /** Keys of steps that are forgotten. */
  dropSteps?: readonly string[]
  steps?: NewStep[]
  logs?: NonNullable<Note['logs']>
}

/** `again`: it has moved on since it was read. `early`: its lease stands. */
export type Verdict = 'ok' | 'again' | 'early'

export async function store(shard: Shard, writes: Write[], now: number): Promise<Verdict[]> {
  if (writes.length === 0) return []
  const args: Arg[] = [limits['logLines'], writes.length]
  for (const write of writes) args.push(...argumentsOf(write, now))
  const [, ...verdicts] = texts(await shard.run('store', args))
  return verdicts.map((verdict) => (verdict === 'ok' || verdict === 'early' ? verdict : 'again'))
}

function argumentsOf(write: Write, now: number): Arg[] {
  const { job, next, event, runOut = false, dropSteps = [], steps = [], logs = [] } = write
  const { id, queue, priority } = job.record
  const same = next === job.record
  const state = same ? job.lines.state : stateLine(next)
  const history = same ? [] : implied(job)
  if (event) history.push({ seq: next.rev, at: now, ...event })
  const started = next.policy.startWithinMs !== null && (next.startedAt !== null || isEnd(next.status))
  return [
    id,
    job.lines.state,
    job.holder,
    runOut ? 1 : 0,
    state,
    next.input === undefined ? '' : JSON.stringify(next.input),
    job.record.status,
    next.status,
    queue,
    10 - priority,
    next.rev,
    isTimed(next) ? next.runAt : '',
    next.cancelBy ?? '',
    isEnd(next.status) ? (next.expiresAt ?? '') : '',
    started ? 1 : 0,
    job.n,
    history.length,
    ...history.map((entry) => JSON.stringify(entry)),
    dropSteps.length,
    ...dropSteps,
    steps.length,
    ...steps.flatMap((step) => [step.key, stepLine(step, now)]),
    logs.length,
    ...logs.map(logLine),
  ]
}

function stepLine(step: NewStep, now: number): string {
  const { status, attempt, startedAt, endedAt, result } = recorded(step, now)
  return JSON.stringify({ status, attempt, started_at: startedAt, ended_at: endedAt, result })
}

function logLine({ level, message, fields, attempt, audience }: NonNullable<Note['logs']>[number]): string {
  return JSON.stringify({ level, message, fields, attempt, audience })
}

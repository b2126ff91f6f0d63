// How a job waits, and for what: sleeps and signals are kept as steps, so that a later attempt knows of them. Pure.
//
//   sleep:<key>             a sleep has begun, and how long it is
//   wait:<name>[#2]         a wait for a signal has begun, and how long it may last
//   signal:<name>[#2]       the signal itself: the first of its name, the second …; failed: it did not come in time
import type { Json } from '../lib/json.ts'
import type { Change, NewStep } from './change.ts'
import { signalled, slept, waitsFor } from './decide.ts'
import { UserError } from './errors.ts'
import { limits } from './limits.ts'
import type { JobRecord, Step } from './record.ts'
import { isEnd } from './status.ts'

const prefixes = ['sleep:', 'wait:', 'signal:']

/** Keys that `ctx.step` must leave alone. */
export function isWaitKey(key: string): boolean {
  return prefixes.some((prefix) => key.startsWith(prefix))
}

export const sleepKey = (key: string): string => `sleep:${key}`
export const waitKey = (name: string, n: number): string => `wait:${numbered(name, n)}`
export const signalKey = (name: string, n: number): string => `signal:${numbered(name, n)}`

function numbered(name: string, n: number): string {
  return n === 1 ? name : `${name}#${n}`
}

/** What `ctx.waitFor` throws when its time is over. A handler may catch it; uncaught, it ends the job, and its owner sees why. */
export class SignalTimeout extends UserError {
  readonly signalName: string

  constructor(name: string) {
    super('signal_timeout', `No "${name}" came in time.`)
    this.name = 'SignalTimeout'
    this.signalName = name
  }
}

/** What an attempt waits for when it has nothing else to do. */
export interface Parking {
  /** It goes on by itself after this. */
  ms: number
  /** Names and keys of signals; any of them wakes it. None: it only sleeps. */
  signals: { name: string; key: string }[]
  /** Waits that begin now. */
  begun: NewStep[]
}

/** The attempt ends, the worker is free, and the job goes on when time or a signal says so. Nothing is charged. */
export function parked(job: JobRecord, fence: number, { ms, signals, begun }: Parking): Change {
  if (signals.length === 0) return { ...slept(job, fence, ms), steps: begun }
  const { expect, ...change } = waitsFor(job, fence, 'signal')
  return {
    ...change,
    expect: { ...expect, withoutSteps: signals.map(({ key }) => key) },
    runInMs: ms,
    steps: begun,
    event: { type: 'waits', data: { for: 'signal', names: signals.map(({ name }) => name), ms } },
  }
}

/** A signal came in the moment in which the job began to wait for it: it goes on at once. */
export function cameMeanwhile(job: JobRecord, fence: number): Change {
  return {
    id: job.id,
    expect: { fence, cancelRequested: false },
    to: 'pending',
    set: { attempt: Math.max(0, job.attempt - 1), waitReason: null },
    event: { type: 'released', data: { reason: 'a signal came', began: true } },
  }
}

/** A wait is over without its signal, for good: unless the signal has come after all. */
export function waitOver(job: JobRecord, fence: number, name: string, missed: NewStep): Change {
  return {
    id: job.id,
    expect: { fence, withoutSteps: [missed.key] },
    to: 'processing',
    set: {},
    steps: [missed],
    event: { type: 'wait_over', data: { signal: name } },
  }
}

/** How many signals of this name have come, or have been waited for in vain. */
function signalsOf(steps: readonly Pick<Step, 'key'>[], name: string): number {
  let n = 0
  while (steps.some(({ key }) => key === signalKey(name, n + 1))) n++
  return n
}

/** Somebody sends a signal. It wakes the job that waits for it, and is kept for one that does not wait yet. Null: it has ended. */
export function signalSent(
  job: JobRecord,
  steps: readonly Step[],
  signal: { name: string; payload: Json },
  now: number,
): Change | 'full' | null {
  if (isEnd(job.status)) return null
  if (steps.filter(({ key }) => key.startsWith('signal:')).length >= limits.signals) return 'full'
  const { name, payload } = signal
  const n = signalsOf(steps, name) + 1
  const key = signalKey(name, n)
  const expect = job.lease ? { fence: job.lease.fence } : { rev: job.rev }
  const awaited = steps.some((step) => step.key === waitKey(name, n))
  const change = (awaited ? signalled(job, name) : null) ?? stays(job, name)
  const step: NewStep = { key, status: 'completed', attempt: job.attempt, startedAt: now, result: payload }
  return { ...change, expect: { ...expect, withoutSteps: [key] }, steps: [step] }
}

function stays(job: JobRecord, name: string): Change {
  return {
    id: job.id,
    expect: {},
    to: job.status,
    set: {},
    event: { type: 'signalled', data: { signal: name } },
  }
}

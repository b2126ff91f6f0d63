// One attempt at one job: the context its handler sees, made as it is used. A handler that asks for no signal, no step
// and no progress costs nothing for them.
import type { LeasedJob, Note } from '../engine/engine.ts'
import {
  JobAborted,
  type AbortReason,
  type CountsInput,
  type JobContext,
  type JobFacts,
  type JobLog,
} from '../job/context.ts'
import { limits } from '../job/limits.ts'
import { mergeNotes, messageLimit, type ProgressNote } from '../job/progress.ts'
import type { Counts, JobRecord, LogLine } from '../job/record.ts'
import { errorText } from '../lib/error-text.ts'
import { jsonFault, type JsonObject } from '../lib/json.ts'

/** What an attempt needs of its worker. */
export interface Host {
  /** Something waits to be sent for this attempt. */
  dirty(attempt: Attempt): void
  stepsOf(attempt: Attempt): StepRunner
  waitsOf(attempt: Attempt, steps: StepRunner): WaitRunner
}

export interface StepRunner {
  run<T>(key: string, work: () => T | Promise<T>): Promise<T>
  /** Now, but later than all that began before: the order in which things began can be told from their times. */
  moment(): number
  /** A step is being done. */
  readonly busy: boolean
  /** Resolves once no step is being done. */
  idle(): Promise<void>
}

export type WaitRunner = Pick<JobContext<unknown>, 'sleep' | 'waitFor'>

export class Attempt implements JobContext<unknown> {
  readonly leased: LeasedJob
  readonly fence: number
  readonly begunAt: number
  /** True once its outcome is decided: nothing it does counts any more. */
  settled = false
  /** Why it was told to stop, if it was. */
  aborted: AbortReason | null = null
  /** When its slot is counted free although the handler still runs. */
  slotUntil: number | null = null
  cancelRequested = false
  softFired = false
  /** For how long it may be silent; null: as long as it takes. */
  stallMs: number | null = null
  /** It was silent for longer. */
  stalled = false
  /** How often it was heard of. */
  signs = 0
  readonly #host: Host
  #controller: AbortController | null = null
  #soft: AbortController | null = null
  #input: { parsed: unknown } | null = null
  #pending: ProgressNote | null = null
  #lines: NonNullable<Note['logs']> = []
  #steps: StepRunner | null = null
  #waits: WaitRunner | null = null

  constructor(leased: LeasedJob, fence: number, begunAt: number, host: Host) {
    this.leased = leased
    this.fence = fence
    this.begunAt = begunAt
    this.#host = host
  }

  /** The record as the worker knows it. */
  get record(): JobRecord {
    const { record } = this.leased
    return this.cancelRequested ? { ...record, cancelRequestedAt: record.cancelRequestedAt ?? this.begunAt } : record
  }

  // ── what the handler sees ──

  get input(): unknown {
    this.#input ??= { parsed: JSON.parse(this.leased.inputJson) }
    return this.#input.parsed
  }

  get job(): JobFacts {
    const { id, type, queue, userId, subject, tags, metadata, attempt, policy, createdAt } = this.leased.record
    return {
      id,
      type,
      queue,
      userId,
      subject,
      tags,
      metadata,
      attempt,
      maxAttempts: policy.retry.maxAttempts,
      createdAt: new Date(createdAt),
    }
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController()
    if (this.aborted && !this.#controller.signal.aborted) this.#controller.abort(new JobAborted(this.aborted))
    return this.#controller.signal
  }

  get softSignal(): AbortSignal {
    this.#soft ??= new AbortController()
    if ((this.softFired || this.aborted) && !this.#soft.signal.aborted)
      this.#soft.abort(new JobAborted(this.aborted ?? 'timeout'))
    return this.#soft.signal
  }

  // A getter, so that a handler may pass `ctx.progress` on by itself.
  get progress(): JobContext<unknown>['progress'] {
    return (fraction, message, more = {}) => {
      this.#note({
        ...(fraction === null ? {} : { progress: fraction }),
        ...(message === undefined ? {} : { progressMessage: clean(message, messageLimit) }),
        ...(more.stage === undefined ? {} : { stage: clean(more.stage, limits.textLength) }),
        ...(more.counts === undefined ? {} : { counts: countsOf(more.counts) }),
      })
    }
  }

  get step(): JobContext<unknown>['step'] {
    const steps = this.#stepRunner
    return (key, work) => steps.run(key, work)
  }

  get sleep(): JobContext<unknown>['sleep'] {
    const waits = this.#waitRunner
    return (key, duration) => waits.sleep(key, duration)
  }

  get waitFor(): JobContext<unknown>['waitFor'] {
    const waits = this.#waitRunner
    return (name, options) => waits.waitFor(name, options)
  }

  get log(): JobLog {
    const at =
      (level: LogLine['level']): JobLog['info'] =>
      (message, fields, options) =>
        this.#logged(level, message, fields, options?.audience)
    return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
  }

  // ── what the worker does ──

  /** Tells the handler to stop; the first reason stays. */
  abort(reason: AbortReason): void {
    if (this.aborted) return
    this.aborted = reason
    this.#controller?.abort(new JobAborted(reason))
    this.#soft?.abort(new JobAborted(reason))
  }

  /** Somebody asked for an end. */
  cancel(): void {
    this.cancelRequested = true
    this.abort('cancel')
  }

  fireSoft(): void {
    this.softFired = true
    this.#soft?.abort(new JobAborted('timeout'))
  }

  /** A sign of life. */
  alive(): void {
    this.signs++
  }

  /** Takes in what its handler has said elsewhere. */
  add({ id: _, fence: __, logs = [], steps: ___, ...progress }: Note): void {
    if (Object.keys(progress).length > 0) this.#note(progress)
    for (const line of logs) this.#line(line)
  }

  get hasNews(): boolean {
    return this.#pending !== null || this.#lines.length > 0
  }

  /** Takes what waits to be sent; null when nothing does. */
  takeNote(): Note | null {
    if (!this.hasNews) return null
    const note: Note = { id: this.leased.record.id, fence: this.fence, ...this.#pending }
    if (this.#lines.length > 0) note.logs = this.#lines
    this.#pending = null
    this.#lines = []
    return note
  }

  /** A note that could not be stored waits again, before what was said since. */
  putBack({ id: _, fence: __, logs = [], steps: ___, ...progress }: Note): void {
    if (Object.keys(progress).length > 0) this.#pending = mergeNotes(progress, this.#pending ?? {})
    this.#lines = [...logs, ...this.#lines]
  }

  get #stepRunner(): StepRunner {
    return (this.#steps ??= this.#host.stepsOf(this))
  }

  get #waitRunner(): WaitRunner {
    return (this.#waits ??= this.#host.waitsOf(this, this.#stepRunner))
  }

  #note(note: ProgressNote): void {
    if (this.settled) return
    this.alive()
    this.#pending = this.#pending ? mergeNotes(this.#pending, note) : note
    this.#host.dirty(this)
  }

  #logged(
    level: LogLine['level'],
    message: string,
    fields: JsonObject | undefined,
    audience: LogLine['audience'] = 'operator',
  ): void {
    if (this.settled) return
    this.#line({ level, message: cut(message), fields: small(fields), attempt: this.leased.record.attempt, audience })
  }

  #line(line: NonNullable<Note['logs']>[number]): void {
    if (this.settled) return
    this.alive()
    if (this.#lines.length < limits.logLines) this.#lines.push(line)
    this.#host.dirty(this)
  }
}

// Any text a handler has may come here, cut anywhere: the rest of its notes must not suffer for it.
function clean(text: string, most: number): string {
  return String(text).slice(0, most).replaceAll('\0', '').toWellFormed()
}

function countsOf({ done, total, unit }: CountsInput): Counts | null {
  if (!Number.isFinite(done)) return null
  return {
    done,
    total: Number.isFinite(total) ? (total ?? null) : null,
    unit: unit == null ? null : clean(unit, limits.textLength),
  }
}

function cut(message: string): string {
  const most = limits.logLineBytes / 2
  return message.length <= most ? clean(message, most) : `${clean(message, most)}…`
}

// A line about trouble must not make more of it: what cannot be kept is told in words, and nothing throws.
function small(fields: JsonObject | undefined): JsonObject | null {
  if (!fields) return null
  const kept = jsonFault(fields) === null ? fields : inWords(fields)
  const json = JSON.stringify(kept)
  return json.length <= limits.logLineBytes / 2 ? kept : { truncated: clean(json, 1_000) }
}

function inWords(fields: object): JsonObject {
  const members = Object.entries(fields).filter(([key]) => jsonFault({ [key]: null }) === null)
  return Object.fromEntries(
    members.map(([key, value]) => [key, jsonFault(value) === null ? value : clean(errorText(value), 1_000)]),
  )
}

// One attempt at one job: the context its handler sees, made as it is used. A handler that asks for no signal, no step
// and no progress costs nothing for them.
import type { LeasedJob, Note } from '../engine/engine.ts'
import { JobAborted, type AbortReason, type JobContext, type JobFacts, type JobLog } from '../job/context.ts'
import { limits } from '../job/limits.ts'
import { mergeNotes, messageLimit, type ProgressNote } from '../job/progress.ts'
import type { JobRecord, LogLine } from '../job/record.ts'
import type { Json, JsonObject } from '../lib/json.ts'

/** What an attempt needs of its worker. */
export interface Host {
  /** Something waits to be sent for this attempt. */
  dirty(attempt: Attempt): void
  stepsOf(attempt: Attempt): StepRunner
}

export interface StepRunner {
  run<T>(key: string, work: () => T | Promise<T>): Promise<T>
}

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
  readonly #host: Host
  #controller: AbortController | null = null
  #soft: AbortController | null = null
  #input: { parsed: unknown } | null = null
  #pending: ProgressNote | null = null
  #lines: NonNullable<Note['logs']> = []
  #steps: StepRunner | null = null

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
      const counts = more.counts && {
        done: more.counts.done,
        total: more.counts.total ?? null,
        unit: more.counts.unit ?? null,
      }
      this.#note({
        ...(fraction === null ? {} : { progress: fraction }),
        ...(message === undefined ? {} : { progressMessage: message.slice(0, messageLimit) }),
        ...(more.stage === undefined ? {} : { stage: more.stage.slice(0, limits.textLength) }),
        ...(counts ? { counts } : {}),
      })
    }
  }

  get step(): JobContext<unknown>['step'] {
    this.#steps ??= this.#host.stepsOf(this)
    const steps = this.#steps
    return (key, work) => steps.run(key, work)
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

  #note(note: ProgressNote): void {
    if (this.settled) return
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
    const line = { level, message: cut(message), fields: small(fields), attempt: this.leased.record.attempt, audience }
    if (this.#lines.length < limits.logLines) this.#lines.push(line)
    this.#host.dirty(this)
  }
}

function cut(message: string): string {
  return message.length <= limits.logLineBytes / 2 ? message : `${message.slice(0, limits.logLineBytes / 2)}…`
}

function small(fields: JsonObject | undefined): JsonObject | null {
  if (!fields) return null
  const json: Json = JSON.stringify(fields)
  return json.length <= limits.logLineBytes / 2 ? fields : { truncated: json.slice(0, 1_000) }
}

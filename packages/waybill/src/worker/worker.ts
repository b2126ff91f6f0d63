// The worker: fetch → begin → run → settle → report, driven by one pump.
//
//            ┌──────────────── pump ────────────────┐
//   engine ──claim──▶ LocalQueue ──begin──▶ Attempt ──end──▶ outbox ──apply + claim (one call)──▶ engine
//                                             │ progress, steps, logs ──▶ Notes ──▶ engine
//                     Heartbeat (a thread) renews the fences · Watchdog finds limits, cancels, lost leases
import type { Claimed, ClaimRequest, Engine, LeasedJob } from '../engine/engine.ts'
import { released, failed } from '../job/decide.ts'
import type { AnyJobDefinition } from '../job/definition.ts'
import { systemError } from '../job/errors.ts'
import { isEnd, type EndStatus } from '../job/status.ts'
import type { Telemetry } from '../job/telemetry.ts'
import { pause, type Clock } from '../lib/clock.ts'
import type { NewId } from '../lib/ids.ts'
import type { Logger } from '../lib/log.ts'
import { Attempt, type Host } from './attempt.ts'
import { Heartbeat } from './heartbeat.ts'
import { LocalQueue, type Permit } from './local-queue.ts'
import { Notes } from './notes.ts'
import { changeFor, keptResult, ResultTooLarge, tooLarge, type Chance, type Outcome } from './outcome.ts'
import { Pace } from './pace.ts'
import { Settle, type Answered, type Ended } from './settle.ts'
import { Steps } from './steps.ts'
import { isSuspect, Suspects } from './suspects.ts'
import { Watchdog } from './watchdog.ts'

export interface WorkerParts {
  engine: Engine
  /** For the heartbeat's own connection; null: none can be made. */
  engineUrl: string | null
  jobs: ReadonlyMap<string, AnyJobDefinition>
  /** Empty: all queues. */
  queues: string[]
  concurrency: number
  leaseMs: number
  shutdownGraceMs: number
  name: string
  clock: Clock
  log: Logger
  telemetry: Telemetry
  newId: NewId
  chance: Chance
}

/** Fetched ahead at most. */
const prefetchMost = 500
/** Calls to the engine under way at once: one is being written while the next gathers. */
const callsMost = 2
/** A handler that ignores its signal keeps its slot for so long. */
const slotGraceMs = 5_000
/** The backstop look for work, for hints that were lost. */
const idlePollMs = 1_000
const unknownTypeRetryMs = 60_000

export class Worker implements Host {
  readonly id: string
  readonly #parts: WorkerParts
  readonly #local = new LocalQueue()
  readonly #running = new Map<string, Attempt>()
  readonly #pace = new Pace()
  readonly #suspects = new Suspects()
  readonly #notes: Notes
  readonly #settle: Settle
  readonly #heartbeat: Heartbeat
  readonly #watchdog: Watchdog
  #ended: Ended[] = []
  #calls = 0
  /** Jobs that are between their handler's end and the outbox (last notes, result checks). */
  #ending = 0
  /** There may be work: a hint came, or the last claim was full. */
  #hungry = true
  #state: 'new' | 'running' | 'quiet' | 'stopped' = 'new'
  #pumpScheduled = false
  #callPlanned = false
  #forget: (() => void)[] = []
  #idle: (() => void)[] = []

  constructor(parts: WorkerParts) {
    this.#parts = parts
    this.id = `w_${parts.newId()}`
    const troubled = (error: unknown) =>
      parts.log.warn({ error, worker_id: this.id }, 'the engine did not answer; trying again')
    this.#notes = new Notes(parts.engine, parts.clock, troubled)
    this.#settle = new Settle(parts.engine, parts.clock, troubled)
    this.#heartbeat = new Heartbeat({ ...parts, workerId: this.id })
    this.#watchdog = new Watchdog(parts.engine, parts.clock, parts.leaseMs, this.#running, {
      softLimit: (attempt) => attempt.fireSoft(),
      hardLimit: (attempt) => this.#timeOut(attempt),
      cancelled: (attempt) => this.#cancelled(attempt),
      lost: (attempt) => this.#lost(attempt),
      tick: (now) => this.#tick(now),
      troubled,
    })
  }

  /** Jobs running now. */
  get active(): number {
    return this.#running.size
  }

  /** Makes the worker known and begins to take jobs. */
  async start(): Promise<void> {
    if (this.#state !== 'new') throw new Error(`worker ${this.id}: start() was called before; make a new worker`)
    this.#state = 'running'
    const { engine, queues, concurrency, name, leaseMs } = this.#parts
    await engine.enrol({ id: this.id, name, queues, slots: concurrency }, leaseMs * 3)
    await this.#heartbeat.start()
    this.#watchdog.start()
    this.#forget = [
      engine.watch(({ queues: woken }) => (woken === null || this.#serves(woken) ? this.#wake() : undefined)),
    ]
    this.#pollWhenIdle()
    this.#pump()
  }

  /**
   * Takes no more jobs, gives back what has not begun, waits `graceMs` for running ones, then aborts them ("shutdown")
   * and gives them back without charging an attempt. Resolves when nothing of this worker is left.
   */
  async stop(options: { graceMs?: number } = {}): Promise<void> {
    if (this.#state === 'stopped' || this.#state === 'quiet') return this.#drained(60_000)
    const wasNew = this.#state === 'new'
    this.#state = 'quiet'
    if (wasNew) return void (this.#state = 'stopped')
    this.#giveBack(this.#local.drain())
    await this.#drained(options.graceMs ?? this.#parts.shutdownGraceMs)
    for (const attempt of this.#running.values()) attempt.abort('shutdown')
    await this.#drained(Math.min(2_000, slotGraceMs))
    this.#giveBackRunning()
    await this.#drained(slotGraceMs)
    await this.#close()
  }

  // ── Host ──

  dirty(attempt: Attempt): void {
    this.#notes.dirty(attempt)
  }

  stepsOf(attempt: Attempt): Steps {
    return new Steps(
      attempt,
      (note) => this.#notes.send(note),
      () => this.#parts.engine.now(),
    )
  }

  // ── pump ──

  #wake(): void {
    this.#hungry = true
    this.#schedulePump()
  }

  #schedulePump(): void {
    if (this.#pumpScheduled) return
    this.#pumpScheduled = true
    queueMicrotask(() => {
      this.#pumpScheduled = false
      this.#pump()
    })
  }

  #pump(): void {
    this.#beginAll()
    if (this.#calls < callsMost && this.#hasBusiness()) this.#callSoon()
    if (this.#isIdle()) for (const resolve of this.#idle.splice(0)) resolve()
  }

  // At the end of the turn, when all that ends in it has ended: one full call instead of several thin ones.
  #callSoon(): void {
    if (this.#callPlanned) return
    this.#callPlanned = true
    setImmediate(() => {
      this.#callPlanned = false
      if (this.#calls < callsMost && this.#hasBusiness()) void this.#call()
    })
  }

  #hasBusiness(): boolean {
    if (this.#ended.length > 0) return true
    if (this.#state !== 'running') return false
    if (this.#calls > 0 || this.#cautious) return false
    return this.#local.blocked ? this.#free > 0 : this.#hungry && this.#wantsMore()
  }

  /** A suspect runs, or is the next to begin: nothing more is fetched meanwhile. */
  get #cautious(): boolean {
    const next = this.#local.peek()
    return this.#suspects.isAlone(this.#parts.clock.now()) || (next !== null && isSuspect(next.record))
  }

  #isIdle(): boolean {
    return this.#running.size === 0 && this.#ended.length === 0 && this.#ending === 0 && this.#calls === 0
  }

  get #free(): number {
    return Math.max(0, this.#parts.concurrency - this.#running.size)
  }

  #ahead(): number {
    return Math.min(prefetchMost, Math.floor(this.#pace.recent(this.#parts.clock.now())))
  }

  #wantsMore(): boolean {
    return this.#local.size < this.#free || this.#local.size < this.#ahead() / 2
  }

  // One round trip: what ended goes out, permits are asked for, the next jobs come in.
  async #call(): Promise<void> {
    this.#calls++
    const ended = this.#ended
    this.#ended = []
    this.#pace.note(ended.length, this.#parts.clock.now())
    const plan = this.#state === 'running' && !this.#cautious ? this.#plan() : null
    try {
      const { answers, claimed } = await this.#settle.send(
        ended,
        plan?.request ?? null,
        () => this.#state !== 'running',
      )
      for (const answer of answers) this.#report(answer)
      if (plan && claimed) this.#take(claimed, plan)
    } catch (error) {
      this.#parts.log.error(
        { error, worker_id: this.id, jobs: ended.length },
        'outcomes could not be stored; their leases will run out and the jobs run again',
      )
      for (const { attempt } of ended) this.#gone(attempt)
    } finally {
      this.#calls--
      this.#pump()
    }
  }

  #plan(): { request: ClaimRequest; wanted: Permit[] } | null {
    const { queues, leaseMs, newId } = this.#parts
    const ahead = this.#ahead()
    const { wanted, left } = this.#local.permits(this.#free + Math.ceil(ahead / 2))
    const max = this.#hungry && this.#wantsMore() ? this.#free + ahead - this.#local.size : 0
    if (max <= 0 && wanted.length === 0) return null
    const request = {
      workerId: this.id,
      queues,
      max: Math.max(0, max),
      leaseMs,
      claimId: newId(),
      begins: left,
      begun: wanted,
    }
    this.#hungry = false
    return { request, wanted }
  }

  #take(claimed: Claimed, { request, wanted }: { request: ClaimRequest; wanted: Permit[] }): void {
    this.#local.allow(wanted)
    if (request.max === 0 || claimed.jobs.length === request.max) this.#hungry = true
    if (claimed.jobs.length === 0) return
    this.#heartbeat.claimed(claimed.fence, claimed.jobs.length)
    this.#local.add(claimed, request.begins)
    if (this.#state !== 'running') this.#giveBack(this.#local.drain())
  }

  // ── begin, run ──

  #beginAll(): void {
    if (this.#state !== 'running') return
    const now = this.#parts.clock.now()
    while (this.#running.size < this.#parts.concurrency) {
      const next = this.#local.peek()
      if (!next || !this.#suspects.mayBegin(next.record, now)) return
      if (isSuspect(next.record) && !this.#alone()) return
      const attempt = this.#attemptOf(this.#local.next(), now)
      if (attempt) this.#begin(attempt)
    }
  }

  // A suspect begins only when no other job would share the charge of its crash: what waits behind it goes back first.
  #alone(): boolean {
    if (this.#local.size > 1) {
      const [suspect, ...others] = this.#local.drain()
      if (suspect) this.#local.add({ fence: suspect.fence, jobs: [suspect.job] }, 1)
      this.#giveBack(others, 'a suspect runs alone')
    }
    return this.#calls === 0 && this.#ended.length === 0 // else the answer to the call under way looks here again
  }

  #attemptOf(next: { job: LeasedJob; fence: number } | null, now: number): Attempt | null {
    if (!next) return null
    const attempt = new Attempt(next.job, next.fence, now, this)
    this.#suspects.begun(attempt)
    return attempt
  }

  #begin(attempt: Attempt): void {
    const { record } = attempt.leased
    this.#running.set(record.id, attempt)
    const definition = this.#parts.jobs.get(record.type)
    if (!definition) return this.#unknownType(attempt)
    try {
      const returned = definition.run(attempt)
      if (returned instanceof Promise)
        returned.then(
          (value) => this.#returned(attempt, definition, value),
          (error: unknown) => this.#end(attempt, { threw: error }),
        )
      else this.#returned(attempt, definition, returned)
    } catch (error) {
      this.#end(attempt, { threw: error })
    }
  }

  #returned(attempt: Attempt, definition: AnyJobDefinition, value: unknown): void {
    if (attempt.settled) return this.#lateEnd(attempt)
    try {
      const result = keptResult(definition, value)
      if (result instanceof Promise)
        result.then(
          (json) => this.#end(attempt, { returned: json }),
          (error: unknown) => this.#end(attempt, { threw: error }),
        )
      else this.#end(attempt, { returned: result })
    } catch (error) {
      this.#end(attempt, { threw: error })
    }
  }

  // ── settle ──

  #end(attempt: Attempt, outcome: Outcome): void {
    if (attempt.settled) return this.#lateEnd(attempt)
    attempt.settled = true
    if (attempt.hasNews && attempt.aborted !== 'lease_lost') void this.#endAfterNews(attempt, outcome)
    else this.#post(attempt, outcome)
  }

  async #endAfterNews(attempt: Attempt, outcome: Outcome): Promise<void> {
    this.#ending++
    try {
      if (!(await this.#notes.last(attempt))) attempt.abort('lease_lost')
    } catch (error) {
      this.#parts.log.warn(
        { error, job_id: attempt.leased.record.id },
        'the last progress of a job could not be stored',
      )
    }
    this.#ending--
    this.#post(attempt, outcome)
  }

  #post(attempt: Attempt, outcome: Outcome): void {
    this.#notes.forget(attempt)
    const change = this.#changeOf(attempt, outcome)
    if (change) this.#ended.push({ attempt, change })
    else this.#gone(attempt)
    if (!('timedOut' in outcome)) this.#freeSlot(attempt)
    this.#schedulePump()
  }

  #changeOf(attempt: Attempt, outcome: Outcome) {
    if ('threw' in outcome && outcome.threw instanceof ResultTooLarge)
      return tooLarge(attempt, outcome.threw, this.#parts.chance)
    const change = changeFor(attempt, outcome, this.#parts.chance)
    if (change && 'threw' in outcome && change.event.type !== 'released' && change.to !== 'cancelled')
      this.#logFailure(attempt, outcome.threw, change.set.error?.ref)
    return change
  }

  #logFailure(attempt: Attempt, error: unknown, ref: string | undefined): void {
    const { id, type, attempt: n } = attempt.leased.record
    this.#parts.log.warn({ error, job_id: id, type, attempt: n, ref }, 'an attempt failed')
  }

  // ── report ──

  #report({ ended: { attempt, change }, applied }: Answered): void {
    if (applied.outcome === 'changed') return void this.#decideAgain(attempt, change.set.error)
    if (applied.outcome !== 'applied') {
      this.#parts.log.warn(
        { job_id: change.id, fence: attempt.fence, to: change.to },
        'the lease was lost; the outcome of this attempt is dropped',
      )
    } else if (isEnd(change.to)) this.#count(attempt, change.to, applied.at)
    this.#gone(attempt)
  }

  #count({ leased: { record } }: Attempt, outcome: EndStatus, at: number): void {
    const startedAt = record.startedAt ?? at
    const { queue, type } = record
    this.#parts.telemetry.finished({ queue, type, outcome, waitMs: startedAt - record.runAt, runMs: at - startedAt })
  }

  // The job is still ours, but a cancel came between: the same end means something else now.
  #decideAgain(attempt: Attempt, error: Answered['ended']['change']['set']['error']): void {
    attempt.cancelRequested = true
    const { record, fence } = attempt
    const { chance } = this.#parts
    const change = failed(record, fence, error ?? systemError('cancelled', chance.newRef()), chance.random)
    this.#ended.push({ attempt, change })
    this.#schedulePump()
  }

  /** Nothing of the attempt is left to be written. */
  #gone(attempt: Attempt): void {
    this.#suspects.gone(attempt)
    this.#heartbeat.ended(attempt.fence)
  }

  #freeSlot(attempt: Attempt): void {
    const { id } = attempt.leased.record
    if (this.#running.get(id) === attempt) this.#running.delete(id)
  }

  /** The handler of an attempt whose outcome was decided without it has ended at last. */
  #lateEnd(attempt: Attempt): void {
    this.#freeSlot(attempt)
    this.#schedulePump()
  }

  // ── findings of the watchdog ──

  #timeOut(attempt: Attempt): void {
    attempt.abort('timeout')
    attempt.slotUntil = this.#parts.clock.now() + slotGraceMs
    this.#end(attempt, { timedOut: true })
  }

  #cancelled(attempt: Attempt): void {
    attempt.cancelRequested = true
    attempt.abort('cancel')
  }

  #lost(attempt: Attempt): void {
    attempt.abort('lease_lost')
    attempt.settled = true
    attempt.slotUntil = this.#parts.clock.now() + slotGraceMs
    this.#notes.forget(attempt)
    this.#gone(attempt)
    this.#parts.log.warn(
      { job_id: attempt.leased.record.id, fence: attempt.fence },
      'the lease was lost; this attempt is told to stop',
    )
  }

  #tick(now: number): void {
    if (this.#suspects.holdsBack) this.#schedulePump()
    let longest = 0
    for (const attempt of this.#running.values()) {
      longest = Math.max(longest, attempt.begunAt + attempt.leased.record.policy.timeoutMs - now)
      if (attempt.slotUntil !== null && now >= attempt.slotUntil) this.#abandon(attempt)
    }
    this.#heartbeat.alive(now + Math.max(longest, this.#parts.leaseMs * 2) + slotGraceMs)
  }

  #abandon(attempt: Attempt): void {
    this.#parts.log.warn(
      { job_id: attempt.leased.record.id, type: attempt.leased.record.type },
      'a handler does not end although it was told to; its slot is given to others',
    )
    this.#lateEnd(attempt)
  }

  #unknownType(attempt: Attempt): void {
    const { record, fence } = attempt
    const { chance } = this.#parts
    const error = systemError(
      'job_error',
      chance.newRef(),
      `worker ${this.#parts.name} has no handler for type "${record.type}"`,
    )
    attempt.settled = true
    this.#ended.push({ attempt, change: failed(record, fence, error, chance.random, { delayMs: unknownTypeRetryMs }) })
    this.#parts.log.error(
      { type: record.type, job_id: record.id },
      'this worker has no handler for a job it was given; serve the queue with workers that know all its types',
    )
    this.#lateEnd(attempt)
  }

  // ── stopping ──

  #giveBack(held: { job: LeasedJob; fence: number }[], reason = 'shutdown'): void {
    for (const { job, fence } of held) {
      const attempt = new Attempt(job, fence, this.#parts.clock.now(), this)
      attempt.settled = true
      this.#ended.push({ attempt, change: released(job.record, fence, reason) })
    }
    this.#schedulePump()
  }

  #giveBackRunning(): void {
    for (const attempt of this.#running.values()) {
      if (!attempt.settled) {
        attempt.settled = true
        this.#ended.push({ attempt, change: released(attempt.record, attempt.fence, 'shutdown') })
      }
      this.#freeSlot(attempt)
    }
    this.#schedulePump()
  }

  async #drained(withinMs: number): Promise<void> {
    if (this.#isIdle()) return
    const idle = new Promise<void>((resolve) => this.#idle.push(resolve))
    const enough = new AbortController()
    await Promise.race([idle, pause(this.#parts.clock, withinMs, enough.signal, true)])
    enough.abort()
  }

  async #close(): Promise<void> {
    for (const forget of this.#forget) forget()
    this.#watchdog.stop()
    this.#notes.stop()
    await this.#heartbeat.stop()
    const { engine, queues, concurrency, name, log } = this.#parts
    const unenrolled = engine.enrol({ id: this.id, name, queues, slots: concurrency }, 0)
    await unenrolled.catch((error: unknown) =>
      log.warn({ error, worker_id: this.id }, 'the worker could not sign off; its row runs out by itself'),
    )
    this.#state = 'stopped'
  }

  // ── waking ──

  #serves(woken: string[]): boolean {
    const { queues } = this.#parts
    return woken.length > 0 && (queues.length === 0 || woken.some((queue) => queues.includes(queue)))
  }

  #pollWhenIdle(): void {
    const wait = idlePollMs * (0.75 + this.#parts.chance.random() / 2)
    this.#forget[1] = this.#parts.clock.after(
      wait,
      () => {
        this.#wake()
        if (this.#state === 'running') this.#pollWhenIdle()
      },
      true,
    )
  }
}

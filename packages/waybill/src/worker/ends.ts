// How attempts end: outcome → last news → Change → outbox, and later: what became of it.
import type { PastRun } from '../engine/past-runs.ts'
import type { Change } from '../job/change.ts'
import { expired, failed, released } from '../job/decide.ts'
import { systemError } from '../job/errors.ts'
import { cameMeanwhile } from '../job/waits.ts'
import { isEnd, type EndStatus } from '../job/status.ts'
import type { Telemetry } from '../job/telemetry.ts'
import type { Clock } from '../lib/clock.ts'
import type { Logger } from '../lib/log.ts'
import type { Attempt } from './attempt.ts'
import type { Notes } from './notes.ts'
import { changeFor, ResultTooLarge, tooLarge, type Chance, type Outcome } from './outcome.ts'
import type { Answered, Ended } from './settle.ts'
import { slotGraceMs, type Slots } from './slots.ts'

export interface EndsParts {
  name: string
  notes: Notes
  slots: Slots
  chance: Chance
  clock: Clock
  log: Logger
  telemetry: Telemetry
  /** A job completed: how long its last attempt took. */
  ran(type: string, run: PastRun): void
  /** Something waits in the outbox, or a slot came free. */
  news(): void
  /** Nothing of the attempt is left to be written. */
  gone(attempt: Attempt): void
}

export interface GivenBack {
  reason: string
  /** Before it is taken again. Default 0. */
  delayMs?: number
  /** Its handler had begun. Default false. */
  began?: boolean
}

/** How long a job stays away from a worker that does not know its type. */
const unknownTypeMs = 60_000

export class Ends {
  readonly #parts: EndsParts
  #outbox: Ended[] = []
  /** Of these, jobs given back. */
  #unharmed = 0
  /** Attempts whose last news is still on its way. */
  #ending = 0

  constructor(parts: EndsParts) {
    this.#parts = parts
  }

  /** Outcomes that wait to be sent. */
  get waiting(): number {
    return this.#outbox.length
  }

  get idle(): boolean {
    return this.#outbox.length === 0 && this.#ending === 0
  }

  /** Empties the outbox. `ran`: how many of it are jobs that ran, rather than jobs given back. */
  takeAll(): { ended: Ended[]; ran: number } {
    const all = { ended: this.#outbox, ran: this.#outbox.length - this.#unharmed }
    this.#outbox = []
    this.#unharmed = 0
    return all
  }

  // A function of its own, so that it may be handed to handlers' promises.
  readonly end = (attempt: Attempt, outcome: Outcome): void => {
    if (attempt.settled) return this.release(attempt)
    if (this.#isOverdue(attempt)) return this.#endTooLate(attempt)
    this.#settle(attempt, outcome)
  }

  /** The hard limit: the outcome is decided although the handler still runs. */
  timeOut(attempt: Attempt): void {
    attempt.abort('timeout')
    attempt.slotUntil = this.#parts.clock.now() + slotGraceMs
    this.#settle(attempt, { timedOut: true })
  }

  /** It waits, and will go on in another attempt: this one ends here, although its handler has not. */
  park(attempt: Attempt, change: Change): void {
    if (attempt.settled) return
    attempt.abort('suspended')
    this.#settle(attempt, { parked: change })
  }

  #isOverdue({ aborted, begunAt, leased, stalled }: Attempt): boolean {
    const { timeoutMs } = leased.record.policy
    if (aborted === 'lease_lost') return false
    return stalled || this.#parts.clock.now() - begunAt >= timeoutMs
  }

  // It ended past its hard limit before anyone could tell it so: it had kept the event loop to itself.
  #endTooLate(attempt: Attempt): void {
    attempt.abort('timeout')
    this.#settle(attempt, { timedOut: true })
    this.release(attempt)
  }

  #settle(attempt: Attempt, outcome: Outcome): void {
    attempt.settled = true
    if (attempt.aborted !== 'lease_lost' && this.#parts.notes.hasMore(attempt))
      void this.#endAfterNews(attempt, outcome)
    else this.#post(attempt, outcome)
  }

  /** The lease is another's: nothing of the attempt counts any more. */
  lost(attempt: Attempt): void {
    attempt.abort('lease_lost')
    attempt.settled = true
    attempt.slotUntil = this.#parts.clock.now() + slotGraceMs
    this.#parts.notes.forget(attempt)
    this.#parts.gone(attempt)
    this.#warn(attempt, 'the lease was lost; this attempt is told to stop')
  }

  /** Gives a job back, nothing charged. */
  giveBack(attempt: Attempt, { reason, delayMs = 0, began = false }: GivenBack): void {
    attempt.settled = true
    this.#unharmed++
    this.#send(attempt, released(attempt.record, attempt.fence, reason, delayMs, began))
  }

  /** It should have begun by now: it ends without having begun. */
  expire(attempt: Attempt): void {
    attempt.settled = true
    this.#send(attempt, expired(attempt.leased.record, this.#parts.chance.newRef(), attempt.fence))
    this.release(attempt)
  }

  /** There is no handler here. Another worker may have one: back it goes, but not at once to this one again. */
  unknownType(attempt: Attempt): void {
    const { type, id } = attempt.leased.record
    this.#parts.log.error(
      { type, job_id: id, worker: this.#parts.name },
      'this worker has no handler for a job it was given; serve the queue with workers that know all its types',
    )
    const reason = `worker ${this.#parts.name} has no handler for type "${type}"`
    this.giveBack(attempt, { reason, delayMs: unknownTypeMs })
    this.release(attempt)
  }

  /** A handler does not end although its outcome is decided: its slot goes to others. */
  abandon(attempt: Attempt): void {
    this.#warn(attempt, 'a handler does not end although it was told to; its slot is given to others')
    this.release(attempt)
  }

  /** A handler is over, or is waited for no longer. */
  release(attempt: Attempt): void {
    this.#parts.slots.release(attempt)
    this.#parts.news()
  }

  report({ ended: { attempt, change }, applied }: Answered): void {
    if (applied.outcome === 'changed') return this.#decideAgain(attempt, change)
    if (applied.outcome === 'refused') this.#refused(attempt, applied.error)
    else if (applied.outcome !== 'applied')
      this.#warn(attempt, 'the lease was lost; the outcome of this attempt is dropped', { to: change.to })
    else if (isEnd(change.to)) this.#count(attempt, change.to, applied.at)
    this.#parts.gone(attempt)
  }

  /** They could not be stored, and never will be. */
  giveUp(ended: Ended[], error: unknown): void {
    if (ended.length > 0)
      this.#parts.log.error(
        { error, jobs: ended.length },
        'outcomes could not be stored; their leases will run out and the jobs run again',
      )
    for (const { attempt } of ended) this.#parts.gone(attempt)
  }

  async #endAfterNews(attempt: Attempt, outcome: Outcome): Promise<void> {
    this.#ending++
    try {
      if (!(await this.#parts.notes.last(attempt))) attempt.abort('lease_lost')
    } catch (error) {
      this.#warn(attempt, 'the last progress of a job could not be stored', { error })
    }
    this.#ending--
    this.#post(attempt, outcome)
  }

  #post(attempt: Attempt, outcome: Outcome): void {
    this.#parts.notes.forget(attempt)
    const change = this.#changeOf(attempt, outcome)
    if (!('timedOut' in outcome)) this.#parts.slots.release(attempt)
    if (change) return this.#send(attempt, change)
    this.#parts.gone(attempt)
    this.#parts.news()
  }

  #send(attempt: Attempt, change: Change): void {
    this.#outbox.push({ attempt, change })
    this.#parts.news()
  }

  #changeOf(attempt: Attempt, outcome: Outcome): Change | null {
    const { chance } = this.#parts
    if ('threw' in outcome && outcome.threw instanceof ResultTooLarge) return tooLarge(attempt, outcome.threw, chance)
    const change = changeFor(attempt, outcome, chance)
    if (change && 'crashed' in outcome)
      this.#warn(attempt, 'the process or thread of a job ended before the job did', outcome.crashed)
    if (change && 'threw' in outcome && change.event.type !== 'released' && change.to !== 'cancelled')
      this.#warn(attempt, 'an attempt failed', { error: outcome.threw, ref: change.set.error?.ref })
    return change
  }

  // The job is still ours, but a signal or a cancel came between: the same end means something else now.
  #decideAgain(attempt: Attempt, { expect, set: { error } }: Change): void {
    if (expect.withoutSteps) return this.#send(attempt, cameMeanwhile(attempt.leased.record, attempt.fence))
    const { chance } = this.#parts
    attempt.cancelRequested = true
    const { record, fence } = attempt
    this.#send(attempt, failed(record, fence, error ?? systemError('cancelled', chance.newRef()), chance.random))
  }

  #count({ leased: { record } }: Attempt, outcome: EndStatus, at: number): void {
    const startedAt = record.startedAt ?? at
    const { queue, type } = record
    if (outcome === 'completed') this.#parts.ran(type, { endedAt: at, tookMs: at - startedAt })
    this.#parts.telemetry.finished({ queue, type, outcome, waitMs: startedAt - record.runAt, runMs: at - startedAt })
  }

  #refused(attempt: Attempt, error: unknown): void {
    this.#warn(attempt, 'the store refused the outcome of this attempt; its lease will run out', { error })
  }

  #warn({ leased, fence }: Attempt, message: string, more: object = {}): void {
    const { id, type, attempt } = leased.record
    this.#parts.log.warn({ job_id: id, type, attempt, fence, ...more }, message)
  }
}

// One job whose work is done elsewhere in this process, outside any handler: the same attempt a handler would see, ended by
// its owner instead of by a return.
import { JobAborted, type JobContext } from '../job/context.ts'
import type { Applied, Change } from '../job/change.ts'
import { failed, timedOut } from '../job/decide.ts'
import type { AnyJobDefinition } from '../job/definition.ts'
import { toJobError, WaybillError } from '../job/errors.ts'
import { isEnd } from '../job/status.ts'
import type { Attempt } from './attempt.ts'
import { changeFor, keptResult, ResultTooLarge, tooLarge, type Chance, type Outcome } from './outcome.ts'

export interface ExternalHost {
  definition: AnyJobDefinition
  chance: Chance
  /** Stores what the attempt still has to say; false: its lease is lost. */
  last(attempt: Attempt): Promise<boolean>
  /** Stores the end, however long the store is away. */
  store(change: Change): Promise<Applied>
  /** Nothing of the attempt is left to be written. */
  gone(attempt: Attempt, ended: Change | null): void
}

/**
 * A job whose work happens outside any handler. Its lease is kept while this process lives; when the process dies, the job
 * fails as `lease_expired`. End it with `complete` or `fail`.
 */
export class ExternalWork {
  readonly id: string
  readonly #attempt: Attempt
  readonly #host: ExternalHost

  constructor(attempt: Attempt, host: ExternalHost) {
    this.id = attempt.leased.record.id
    this.#attempt = attempt
    this.#host = host
  }

  /** Aborted when the work should stop: cancel asked for, time limit passed, lease lost. */
  get signal(): AbortSignal {
    return this.#attempt.signal
  }

  /** Says how far the work is; see `ctx.progress` of a handler. */
  get progress(): JobContext<unknown>['progress'] {
    return this.#attempt.progress
  }

  /** Lines kept with the job; see `ctx.log` of a handler. */
  get log(): JobContext<unknown>['log'] {
    return this.#attempt.log
  }

  /** Ends the job with its result. Throws `lease_lost` when it is no longer this process's to end. */
  async complete(result?: unknown): Promise<void> {
    const { definition, chance } = this.#host
    try {
      await this.#end({ returned: await keptResult(definition, result) })
    } catch (error) {
      if (!(error instanceof ResultTooLarge)) throw error
      await this.#store(tooLarge(this.#attempt, error, chance))
      throw new WaybillError('too_large', error.message, { cause: error })
    }
  }

  /**
   * Ends the job as failed, or as cancelled when a cancel was asked for. The owner sees the text of a UserError alone.
   * Throws `lease_lost` when it is no longer this process's to end.
   */
  async fail(error: unknown): Promise<void> {
    await this.#end({ threw: error })
  }

  /** The hard limit has passed. */
  async timeOut(): Promise<void> {
    const { fence, record } = this.#attempt
    const { newRef, random } = this.#host.chance
    this.#attempt.abort('timeout')
    if (this.#take()) await this.#store(timedOut(record, fence, newRef(), random))
  }

  async #end(outcome: Outcome): Promise<void> {
    const { aborted, record } = this.#attempt
    if (!this.#take()) throw this.#over()
    const stands = aborted !== 'lease_lost' && (await this.#host.last(this.#attempt))
    if (!stands) this.#attempt.abort('lease_lost')
    const change = stands ? changeFor(this.#attempt, outcome, this.#host.chance, record) : null
    if (change === null) this.#host.gone(this.#attempt, null)
    if (change === null || !(await this.#store(change))) throw this.#over()
  }

  // True for the first to end it.
  #take(): boolean {
    const first = !this.#attempt.settled
    this.#attempt.settled = true
    return first
  }

  async #store(change: Change): Promise<boolean> {
    const { outcome } = await this.#host.store(change)
    if (outcome === 'changed') return this.#store(this.#decidedAgain(change))
    this.#host.gone(this.#attempt, outcome === 'applied' && isEnd(change.to) ? change : null)
    return outcome === 'applied'
  }

  // A cancel came between: the same end means something else now.
  #decidedAgain(change: Change): Change {
    const { newRef, random } = this.#host.chance
    this.#attempt.cancel()
    const error = change.set.error ?? toJobError(new JobAborted('cancel'), newRef())
    return failed(this.#attempt.record, this.#attempt.fence, error, random)
  }

  #over(): WaybillError {
    const why = this.#attempt.aborted === 'lease_lost' ? 'its lease is lost' : 'it has ended already'
    return new WaybillError('lease_lost', `external job ${this.id}: ${why}; what was done is not recorded`)
  }
}

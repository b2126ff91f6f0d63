// One job in a child: the same attempt, steps and waits as anywhere, whose host is the worker at the other end of the line.
import type { Change } from '../../job/change.ts'
import { steadyClock } from '../../lib/clock.ts'
import { Attempt, type Host } from '../attempt.ts'
import type { Outcome } from '../outcome.ts'
import { run, type Handled } from '../run.ts'
import { Steps } from '../steps.ts'
import { Waits } from '../waits.ts'
import { carried, revived } from './carry.ts'
import type { Calls, CarriedOutcome, Order, Word } from './messages.ts'

type Begin = Extract<Order, { do: 'run' }>

/** What is said within this time goes in one message, and often with the end. */
const noteMs = 50

export class Running {
  readonly #run: number
  readonly #attempt: Attempt
  readonly #say: (word: Word) => void
  readonly #calls = new Map<number, PromiseWithResolvers<unknown>>()
  #lastCall = 0
  #forgetNote: (() => void) | null = null

  constructor(order: Begin, say: (word: Word) => void) {
    this.#run = order.run
    this.#say = say
    this.#attempt = new Attempt(order.leased, order.fence, 0, this.#host(order.now))
  }

  start(definition: Handled): void {
    run(this.#attempt, definition, (_, outcome) => this.#ended(outcome))
  }

  hear(order: Order): void {
    if (order.do === 'windUp') this.#attempt.fireSoft()
    else if (order.do === 'abort' && order.reason === 'cancel') this.#attempt.cancel()
    else if (order.do === 'abort') this.#attempt.abort(order.reason)
    else if (order.do === 'answer') this.#called(order.call)?.resolve(order.value)
    else if (order.do === 'refuse') this.#called(order.call)?.reject(revived(order.error))
  }

  #host(engineNow: number): Host {
    const begunAt = steadyClock.now()
    const now = () => Math.round(engineNow + steadyClock.now() - begunAt)
    const keep: Calls['keep'] = (step) => this.#ask('keep', step)
    return {
      dirty: () => this.#noteSoon(),
      stepsOf: (attempt) =>
        new Steps(
          attempt,
          async ({ steps = [] }) => {
            const kept = await Promise.all(steps.map(keep))
            return kept.includes('lost') ? 'lost' : (kept[0] ?? 'lost')
          },
          now,
        ),
      waitsOf: (attempt, steps) =>
        new Waits(attempt, steps, {
          clock: steadyClock,
          now,
          keep,
          steps: () => this.#ask('steps'),
          write: (change) => this.#ask('write', change),
          park: (change) => this.#park(change),
        }),
    }
  }

  #ask<K extends keyof Calls>(name: K, ...given: Parameters<Calls[K]>): ReturnType<Calls[K]>
  #ask(name: keyof Calls, ...given: unknown[]): Promise<unknown> {
    const call = ++this.#lastCall
    const answer = Promise.withResolvers<unknown>()
    this.#calls.set(call, answer)
    this.#say({ say: 'call', run: this.#run, call, name, given })
    return answer.promise
  }

  #called(call: number): PromiseWithResolvers<unknown> | null {
    const answer = this.#calls.get(call) ?? null
    this.#calls.delete(call)
    return answer
  }

  #noteSoon(): void {
    this.#forgetNote ??= steadyClock.after(noteMs, () => {
      this.#forgetNote = null
      const note = this.#attempt.takeNote()
      if (note) this.#say({ say: 'note', run: this.#run, note })
    })
  }

  #ended(outcome: Outcome): void {
    if (this.#attempt.settled) return // it was parked
    this.#over({ say: 'end', run: this.#run, note: this.#attempt.takeNote(), outcome: carriedOutcome(outcome) })
  }

  // Its handler stands still from now on, and is never told.
  #park(change: Change): void {
    const note = this.#attempt.takeNote()
    this.#attempt.abort('suspended')
    this.#over({ say: 'park', run: this.#run, note, change })
  }

  #over(word: Word): void {
    this.#attempt.settled = true
    this.#forgetNote?.()
    this.#say(word)
  }
}

function carriedOutcome(outcome: Outcome): CarriedOutcome {
  if ('returned' in outcome) return outcome
  return { threw: carried('threw' in outcome ? outcome.threw : outcome) }
}

// One child and the job in it, seen from the worker: what its handler says is taken in, what it asks is answered, and it is
// ended when it must be.
//
//   starting ──ready──▶ idle ◀──end, park──▶ busy ──limit, lease lost, too much memory──▶ dying ──▶ gone
//      └─ cannot load the module, or too slow: gone
import type { Crash } from '../../job/crash.ts'
import type { Clock } from '../../lib/clock.ts'
import { JobAborted } from '../../job/context.ts'
import type { Attempt } from '../attempt.ts'
import type { Outcome } from '../outcome.ts'
import type { End } from '../run.ts'
import type { WaitHost } from '../waits.ts'
import { carried, revived } from './carry.ts'
import type { Child, Nursery } from './child.ts'
import type { Calls, Greeting, Word } from './messages.ts'

/** A job to be run in a child. */
export interface Work {
  attempt: Attempt
  end: End
  host: WaitHost
}

export interface CellEvents {
  ready(cell: Cell, types: readonly string[]): void
  /** It has ended its job and may take another. */
  free(cell: Cell): void
  gone(cell: Cell): void
  /** It is gone and never was ready. */
  failed(cell: Cell, why: string): void
}

export interface CellParts extends CellEvents {
  nursery: Nursery
  clock: Clock
  memoryMb: number
}

/** A child that is told to end has so long before it is killed. */
const graceMs = 300
/** A child that does not end although it was killed: a thread in native code. Its job is over all the same. */
const deafMs = 1_000
/** How long loading the module with the jobs may take. */
const startMs = 60_000
/** Runs so many jobs; then it makes room for a fresh one. */
const jobsMost = 10_000
/** So much of its memory, and it makes room. */
const tiredShare = 0.8

export class Cell {
  readonly #parts: CellParts
  readonly #child: Child
  #state: 'starting' | 'idle' | 'busy' | 'dying' | 'gone' = 'starting'
  #work: Work | null = null
  #run = 0
  /** Known before a dying child is gone. */
  #outcome: Outcome | null = null
  #why: string | null = null
  #wasReady = false
  #tired = false
  #timers: (() => void)[] = []
  #stopListening = () => {}
  readonly #goneFor = Promise.withResolvers<void>()

  constructor(parts: CellParts) {
    this.#parts = parts
    this.#child = parts.nursery.spawn({ said: (word) => this.#said(word), gone: (crash) => this.#gone(crash) })
    this.#after(startMs, () => {
      if (this.#state === 'starting') this.#die(`it was not ready after ${startMs} ms`)
    })
  }

  /** The attempt that runs in it. */
  get attempt(): Attempt | null {
    return this.#work?.attempt ?? null
  }

  /** It should take no more jobs. */
  get tired(): boolean {
    return this.#tired || this.#run >= jobsMost
  }

  begin(work: Work): void {
    const { attempt, host } = work
    const { signal, softSignal } = attempt
    this.#state = 'busy'
    this.#work = work
    this.#child.hold(true)
    this.#child.send({ do: 'run', run: ++this.#run, leased: attempt.leased, fence: attempt.fence, now: host.now() })
    const abort = () => this.#abort(signal)
    const windUp = () => {
      if (!attempt.aborted) this.#child.send({ do: 'windUp' }) // an abort fires both signals, there too
    }
    signal.addEventListener('abort', abort)
    softSignal.addEventListener('abort', windUp)
    this.#stopListening = () => {
      signal.removeEventListener('abort', abort)
      softSignal.removeEventListener('abort', windUp)
    }
    if (signal.aborted) abort()
  }

  /** Looks at the memory of its child. */
  look(): void {
    if (this.#state === 'gone') return
    const mb = this.#child.memoryMb()
    if (mb === null) return
    const { memoryMb } = this.#parts
    if (mb > memoryMb * tiredShare) this.#tired = true
    if (mb > memoryMb && this.#state === 'busy')
      this.#die(`it took ${Math.round(mb)} MB, more than the ${memoryMb} MB that it may`, true)
  }

  /** Ends the child and the job in it: told first, killed a moment later. */
  kill(why: string): void {
    this.#die(why)
  }

  /** Ends the child; an idle one is asked to leave. Resolves when it is gone. */
  async stop(): Promise<void> {
    this.#child.hold(true)
    if (this.#state === 'idle') this.#child.send({ do: 'leave' })
    this.#die('the worker stopped')
    await this.#goneFor.promise
  }

  #said(word: Greeting | Word): void {
    if (word.say === 'ready') return this.#ready(word.types)
    if (word.say === 'unusable') return this.#die(word.why, true)
    const work = this.#work
    if (!work || word.run !== this.#run) return
    work.attempt.alive()
    if (word.say === 'call') return void this.#answer(work, word)
    if (word.note) work.attempt.add(word.note)
    if (word.say === 'end') this.#ended(outcomeOf(word.outcome))
    else if (word.say === 'park') this.#parked(work, word.change)
  }

  #ready(types: readonly string[]): void {
    if (this.#state !== 'starting') return
    this.#forgetTimers()
    this.#state = 'idle'
    this.#wasReady = true
    this.#parts.ready(this, types)
  }

  async #answer({ host }: Work, { call, name, given }: Extract<Word, { say: 'call' }>): Promise<void> {
    const calls: Calls = host
    try {
      this.#child.send({ do: 'answer', call, value: await Reflect.apply(calls[name], host, given) })
    } catch (error) {
      this.#child.send({ do: 'refuse', call, error: carried(error) })
    }
  }

  #ended(outcome: Outcome): void {
    if (this.#state !== 'dying') return this.#free(outcome)
    this.#outcome = outcome // its job is over when it is gone
    this.#child.kill()
  }

  #parked(work: Work, change: Parameters<WaitHost['park']>[0]): void {
    work.host.park(change)
    this.#ended({ parked: change }) // settled by now
  }

  #free(outcome: Outcome): void {
    this.#state = 'idle'
    this.#finish(outcome)
    this.#child.hold(false)
    this.#parts.free(this)
  }

  // The job is told once how it ended.
  #finish(outcome: Outcome): void {
    const work = this.#work
    this.#work = null
    this.#stopListening()
    work?.end(work.attempt, outcome)
  }

  // What else ends a job leaves it to its handler first; those who ask have a limit of their own, and then `kill`.
  #abort({ reason }: AbortSignal): void {
    if (!(reason instanceof JobAborted) || reason.reason === 'suspended') return
    this.#child.send({ do: 'abort', reason: reason.reason })
    if (reason.reason === 'lease_lost') this.#die('its lease was lost')
  }

  #die(why: string, atOnce = false): void {
    if (this.#state === 'dying' || this.#state === 'gone') return
    this.#state = 'dying'
    this.#why = why
    this.#forgetTimers()
    if (atOnce) this.#child.kill()
    else {
      this.#child.terminate()
      this.#after(graceMs, () => this.#child.kill())
    }
    this.#after(graceMs + deafMs, () => this.#over({ exitCode: null, signal: null, text: 'it does not end' }))
  }

  #gone(crash: Crash): void {
    this.#over({ ...crash, text: this.#why === null ? crash.text : `${crash.text}: ${this.#why}` })
  }

  #over(crash: Crash): void {
    if (this.#state === 'gone') return
    this.#state = 'gone'
    this.#forgetTimers()
    this.#finish(this.#outcome ?? { crashed: crash })
    if (this.#wasReady) this.#parts.gone(this)
    else this.#parts.failed(this, crash.text)
    this.#goneFor.resolve()
  }

  #after(ms: number, fn: () => void): void {
    this.#timers.push(this.#parts.clock.after(ms, fn, true))
  }

  #forgetTimers(): void {
    for (const forget of this.#timers.splice(0)) forget()
  }
}

function outcomeOf(outcome: Extract<Word, { say: 'end' }>['outcome']): Outcome {
  return 'threw' in outcome ? { threw: revived(outcome.threw) } : outcome
}

// Vouching: whether what memory keeps may be answered without asking the engine. An engine's own stamp says so exactly.
// Where there is none, jobs that are polled are an interest for 30 s after their last poll: hints say which of them
// change, and once a second one look at the revs of all finds what no hint told of.
//
//   nobody polls ──poll──▶ not trusted ──hints come unbroken, and a look at all succeeded──▶ trusted
//        ▲                    ▲  │                                                             │
//        └── 30 s no poll ────┼──┘                                                             │
//                             └── hints broke · a look failed · none succeeded for 2 s ────────┘
//
// So whatever happens, memory answers nothing that was not true within the last two seconds.
import type { ReadEngine } from '../engine/engine.ts'
import { looking, type Clock } from '../lib/clock.ts'
import type { Ears } from './ears.ts'
import type { Entry } from './entry.ts'
import type { Kept } from './kept.ts'
import { Rounds } from './rounds.ts'

const beatMs = 1_000
const trustMs = 2_000
const terms = { creditMs: 25, partOf: 5 }
/** Beats without a poll after which a job, and the subscription, is given up. */
const idleBeats = 30
/** More could not be looked at within a fifth of the time; further jobs are read at each poll. */
const mostPolled = 20_000
const revsAtOnce = 1_000

export interface VouchParts {
  engine: Pick<ReadEngine, 'stamp' | 'hearing' | 'revs'>
  /** Must not be one that can be set back. */
  clock: Clock
  ears: Ears
}

interface Asked {
  kept: Kept
  entry: Entry
  rev: number | null
}

export class Vouch {
  /** The engine has a stamp of its own: nothing here is needed. */
  readonly exact: boolean
  readonly #parts: VouchParts
  readonly #rounds: Rounds
  readonly #polled = new Set<Kept>()
  #stop: (() => void) | null = null
  #isClosed = false
  #forgetBeat: (() => void) | null = null
  /** Beats since somebody polled what nobody could vouch for. */
  #idle = 0
  /** The unbroken stretch of hints in which the last look succeeded; null: none did. */
  #heardIn: number | null = null
  #trustedUntil = Number.NEGATIVE_INFINITY
  /** Our stamp; another one after each time without trust. */
  #era = 0

  constructor(parts: VouchParts) {
    this.#parts = parts
    this.exact = parts.engine.stamp() !== null
    this.#rounds = new Rounds(parts.clock, terms, () => this.#look())
  }

  /** Equal stamps: what was true then is true now. Null: the engine must be asked. */
  stamp(): number | null {
    return this.#parts.engine.stamp() ?? (this.#isTrusted() ? this.#era : null)
  }

  /** Somebody polls: to be called before the engine is read, so that no change falls in between. Answers the stamp. */
  attend(): number | null {
    if (this.exact) return this.stamp()
    this.#idle = 0
    if (this.#stop === null && !this.#isClosed) this.#start()
    return this.stamp()
  }

  /** The job was polled: from now on it is looked after. False: there are too many. */
  add(kept: Kept): boolean {
    kept.idle = 0
    if (this.#polled.has(kept)) return true
    if (this.#stop === null || this.#polled.size >= mostPolled) return false
    this.#polled.add(kept)
    return true
  }

  looksAfter(kept: Kept): boolean {
    return this.#polled.has(kept)
  }

  drop(kept: Kept): void {
    kept.stamp = null
    this.#polled.delete(kept)
  }

  /** Something changed, and nobody says which jobs. */
  lookSoon(): void {
    if (this.#stop !== null) this.#rounds.ask()
  }

  close(): void {
    this.#isClosed = true
    this.#rest()
    this.#rounds.close()
  }

  #isTrusted(): boolean {
    const { engine, clock } = this.#parts
    return this.#heardIn !== null && this.#heardIn === engine.hearing() && clock.now() <= this.#trustedUntil
  }

  // Hints may be coming already, for somebody else: with nothing to look at, that is enough.
  #start(): void {
    const { engine, ears, clock } = this.#parts
    this.#stop = ears.add(() => {})
    this.#beat()
    const heardIn = engine.hearing()
    if (heardIn !== null) this.#trust(heardIn, clock.now())
  }

  #rest(): void {
    for (const kept of this.#polled) this.drop(kept)
    this.#heardIn = null
    this.#stop?.()
    this.#forgetBeat?.()
    this.#stop = this.#forgetBeat = null
  }

  #beat(): void {
    this.#forgetBeat = looking(this.#parts.clock).after(beatMs, () => {
      for (const kept of this.#polled) if (++kept.idle > idleBeats) this.drop(kept)
      if (++this.#idle > idleBeats && this.#polled.size === 0) return this.#rest()
      this.#beat()
      this.#rounds.ask()
    })
  }

  async #look(): Promise<void> {
    const { engine, clock } = this.#parts
    const [heardIn, startedAt] = [engine.hearing(), clock.now()]
    if (heardIn === null) return
    try {
      const asked = await this.#askAll()
      if (this.#stop === null) return
      this.#trust(heardIn, startedAt)
      for (const one of asked) this.#settle(one)
    } catch {
      this.#heardIn = null // whoever polls asks the engine, and says what is wrong with it
    }
  }

  async #askAll(): Promise<Asked[]> {
    const asked: Asked[] = Array.from(this.#polled, (kept) => ({ kept, entry: kept.entry, rev: null }))
    for (let from = 0; from < asked.length; from += revsAtOnce) {
      const some = asked.slice(from, from + revsAtOnce)
      const revs = await this.#parts.engine.revs(some.map(({ entry }) => entry.record.id))
      for (const [i, one] of some.entries()) one.rev = revs[i] ?? null
    }
    return asked
  }

  #trust(heardIn: number, lookedAt: number): void {
    const isUnbroken = this.#heardIn === heardIn && lookedAt <= this.#trustedUntil
    if (!isUnbroken) this.#era++
    this.#heardIn = heardIn
    this.#trustedUntil = lookedAt + trustMs
  }

  // What was read or told of since the look began is newer than what the look found.
  #settle({ kept, entry, rev }: Asked): void {
    if (kept.entry !== entry || kept.outdated || !this.#polled.has(kept)) return
    kept.outdated = rev !== entry.record.rev
    kept.stamp = kept.outdated ? null : this.#era
  }
}

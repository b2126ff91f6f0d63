// Runs one bridge. Of all processes that have it one leads: one writer is enough, and two do no harm, since every write
// is compared in Redis. Whoever comes to lead, and whoever finds Redis again, looks at all that matters anew.
//
//   feed ─▶ dirty: newest state a job ─▶ desk.write ─▶ Redis          every 500 ms: lead · pass if need be · desk.round
import type { JobRecord } from '../job/record.ts'
import { errorText } from '../lib/error-text.ts'
import type { Role } from '../upkeep/loop.ts'
import type { Bridge, Desk, DeskParts } from './desk.ts'
import { Feed } from './feed.ts'

const restMs = 500
/** So long a bridge rests when the process that led it is gone; renewed well before. */
const leadMs = 3_000
const renewMs = 1_000
const batchSize = 100
/** More states than this are not kept while Redis is away: everything is looked at anew then. */
const mostDirty = 10_000

export class Runner {
  readonly #bridge: Bridge
  readonly #parts: DeskParts
  readonly #holder: string
  readonly #desk: Desk
  readonly #feed: Feed
  readonly #dirty = new Map<string, JobRecord>()
  #leads = false
  #askedAt = Number.NEGATIVE_INFINITY
  #needsPass = true
  #flushing: Promise<void> | null = null
  #opened: Promise<void> | null = null
  #stopped = false
  #told = ''

  constructor(bridge: Bridge, parts: DeskParts, holder: string) {
    this.#bridge = bridge
    this.#parts = parts
    this.#holder = holder
    this.#desk = bridge.desk(parts)
    parts.link.onTurn((isUp) => this.#turned(isUp))
    this.#feed = new Feed({ ...parts, selection: bridge.selection, told: (record) => this.#note(record) })
  }

  get role(): Role {
    return { name: `bridge ${this.#bridge.name}`, restMs, bite: () => this.#bite(), halt: () => this.stop() }
  }

  stop(): void {
    this.#stopped = true
    this.#feed.stop()
    if (this.#leads) this.#lead(1).catch(() => {}) // otherwise the next waits for it a little longer
    this.#leads = false
  }

  // Each question is a write of the store: not asked at every round.
  async #mayLead(): Promise<boolean> {
    const now = this.#parts.clock.now()
    if (Math.abs(now - this.#askedAt) < renewMs) return this.#leads
    this.#askedAt = now
    return this.#lead(leadMs)
  }

  #lead(ms: number): Promise<boolean> {
    return this.#parts.engine.lead(`bridge ${this.#bridge.name}`, this.#holder, ms)
  }

  async #bite(): Promise<boolean> {
    await this.#open()
    if (this.#stopped || !(await this.#mayLead())) return this.#rest()
    if (this.#stopped) return false
    this.#leads = true
    this.#feed.start()
    await this.#catchUp()
    await this.#flush()
    await this.#desk.round?.(this.#parts.link.isUp)
    return false
  }

  #open(): Promise<void> {
    const { link } = this.#parts
    const { ear } = this.#desk
    return (this.#opened ??= link
      .open()
      .then(() => (ear ? link.listen(ear.pattern, (key) => this.#leads && ear.heard(key)) : undefined)))
  }

  #rest(): false {
    if (this.#leads) this.#feed.stop()
    this.#leads = false
    this.#needsPass = true
    this.#dirty.clear()
    return false
  }

  // What Redis has may be old.
  #turned(isUp: boolean): void {
    this.#needsPass = true
    if (isUp) this.#catchUp().catch(() => {}) // the next round tries again, and says why
  }

  /** Looks at everything, if need be. */
  async #catchUp(): Promise<void> {
    if (!this.#needsPass || !this.#leads || !this.#parts.link.isUp) return
    this.#needsPass = false
    try {
      await this.#feed.pass(this.#desk.reachMs, () => this.#breathe())
    } catch (error) {
      this.#needsPass = true
      throw error
    }
  }

  async #breathe(): Promise<void> {
    await this.#flush()
    await this.#mayLead()
  }

  #note(record: JobRecord): void {
    const known = this.#dirty.get(record.id)
    if (known && known.createdAt === record.createdAt && known.rev >= record.rev) return
    this.#dirty.set(record.id, record)
    if (this.#dirty.size > mostDirty) {
      this.#dirty.clear()
      this.#needsPass = true
    }
    void this.#flush()
  }

  // One at a time, so that states of a job go in order; never rejects.
  #flush(): Promise<void> {
    return (this.#flushing ??= this.#writeAll())
  }

  async #writeAll(): Promise<void> {
    await Promise.resolve() // what is told in the same turn goes together
    for (let goesOn = true; goesOn && this.#dirty.size > 0 && this.#leads && this.#parts.link.isUp; ) {
      const records = [...this.#dirty.values()].toSorted(byAge)
      this.#dirty.clear()
      goesOn = await this.#writeSome(records)
    }
    this.#flushing = null
  }

  async #writeSome(records: JobRecord[]): Promise<boolean> {
    for (let from = 0; from < records.length; from += batchSize) {
      try {
        await this.#desk.write(records.slice(from, from + batchSize))
        this.#told = ''
      } catch (error) {
        this.#failed(records.slice(from), error)
        return false
      }
    }
    return true
  }

  #failed(records: JobRecord[], error: unknown): void {
    for (const record of records) if (!this.#dirty.has(record.id)) this.#dirty.set(record.id, record)
    const text = errorText(error)
    if (text === this.#told || this.#stopped) return
    this.#told = text
    this.#parts.log.warn(
      { error, bridge: this.#bridge.name },
      'a bridge could not write to its Redis; it will try again, and nothing is lost',
    )
  }
}

// Whoever came first goes first, also into a list.
function byAge(a: JobRecord, b: JobRecord): number {
  return a.updatedAt - b.updatedAt || (a.id < b.id ? -1 : 1)
}

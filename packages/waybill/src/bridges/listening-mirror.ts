// A mirror in both directions: hashes follow the jobs, and jobs follow what foreign workers write into their hashes. Heard at
// once where Redis tells of writes (notify-keyspace-events with K and h), else within half a second by looking.
import type { JobRecord } from '../job/record.ts'
import { isEnd } from '../job/status.ts'
import type { Desk, DeskParts } from './desk.ts'
import { hear } from './hear.ts'
import { ingest, type IngestParts } from './ingest.ts'
import { writeHashes, type HashParts } from './mirror-hash.ts'

/** Hashes looked at in one round, where no event tells which changed. */
const mostHeard = 2_000
const heardAtOnce = 200
/** With events, everything is looked at in every so many rounds only. */
const roundsBetween = 10

type Named = Pick<JobRecord, 'id' | 'queue'>

export class ListeningMirror implements Desk {
  readonly reachMs: number
  readonly #hash: HashParts
  readonly #parts: IngestParts & DeskParts
  /** Unfinished jobs, and the queue of each. */
  readonly #live = new Map<string, string>()
  readonly #wanted = new Map<string, string>()
  #hearing: Promise<void> | null = null
  #hasEvents = false
  #rounds = 0

  constructor(hash: HashParts, parts: IngestParts & DeskParts) {
    this.#hash = hash
    this.#parts = parts
    this.reachMs = hash.ttlMs
  }

  get ear(): NonNullable<Desk['ear']> {
    return {
      pattern: this.#hash.keys.pattern,
      heard: (key) => {
        this.#hasEvents = true
        const id = this.#hash.keys.idIn(key)
        const queue = id === null ? undefined : this.#live.get(id)
        if (id !== null && queue !== undefined)
          this.#hear([{ id, queue }]).catch((error: unknown) => this.#missed(error))
      },
    }
  }

  async write(records: readonly JobRecord[]): Promise<void> {
    for (const { id, queue, status } of records) {
      if (isEnd(status)) this.#live.delete(id)
      else this.#live.set(id, queue)
    }
    const answers = await writeHashes(this.#hash, records, () => '')
    const spoken = records.filter((_, i) => answers[i] === 'foreign')
    if (spoken.length > 0) await this.#hear(spoken)
  }

  async round(isUp: boolean): Promise<void> {
    if (!isUp || (this.#hasEvents && this.#rounds++ % roundsBetween !== 0)) return
    const some = [...this.#live].slice(0, mostHeard).map(([id, queue]) => ({ id, queue }))
    if (this.#live.size > mostHeard) for (const one of some) this.#turn(one) // the next round begins with others
    await this.#hear(some).catch((error: unknown) => this.#missed(error))
  }

  #turn({ id, queue }: Named): void {
    this.#live.delete(id)
    this.#live.set(id, queue)
  }

  #missed(error: unknown): void {
    this.#parts.log.debug({ error }, 'foreign writers could not be heard; trying again')
  }

  // One at a time: two that look for the first job of a queue would take each other's.
  #hear(jobs: readonly Named[]): Promise<void> {
    for (const { id, queue } of jobs) this.#wanted.set(id, queue)
    return (this.#hearing ??= this.#hearAll())
  }

  async #hearAll(): Promise<void> {
    try {
      await Promise.resolve() // what is wanted in the same turn goes together
      while (this.#wanted.size > 0) {
        const jobs = [...this.#wanted].slice(0, heardAtOnce).map(([id, queue]) => ({ id, queue }))
        for (const { id } of jobs) this.#wanted.delete(id)
        await this.#follow(jobs)
      }
    } finally {
      this.#hearing = null
    }
  }

  // What they say is in the jobs before the hashes are written again.
  async #follow(jobs: readonly Named[]): Promise<void> {
    const words = await hear(this.#hash, jobs)
    if (words.length === 0) return
    const heard = new Map(words.map((word) => [word.id, word.heard]))
    const records = await ingest(this.#parts, words)
    for (const { id, status } of records) if (isEnd(status)) this.#live.delete(id)
    await writeHashes(this.#hash, records, ({ id }) => heard.get(id) ?? '')
  }
}

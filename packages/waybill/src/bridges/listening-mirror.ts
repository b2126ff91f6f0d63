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

export class ListeningMirror implements Desk {
  readonly reachMs: number
  readonly #hash: HashParts
  readonly #parts: IngestParts & DeskParts
  /** Unfinished jobs, and the queue of each. */
  readonly #live = new Map<string, string>()
  readonly #wanted = new Set<string>()
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
        if (id !== null && this.#live.has(id)) this.#hear([id])
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
    await this.#follow(spoken)
  }

  async round(isUp: boolean): Promise<void> {
    if (!isUp) return
    if (this.#hasEvents && this.#rounds++ % roundsBetween !== 0) return
    const some = [...this.#live.keys()].slice(0, mostHeard)
    for (const id of some) this.#turn(id) // the next round begins with others
    this.#hear(some)
    await this.#hearing
  }

  #turn(id: string): void {
    const queue = this.#live.get(id)
    if (queue === undefined || this.#live.size <= mostHeard) return
    this.#live.delete(id)
    this.#live.set(id, queue)
  }

  #hear(ids: readonly string[]): void {
    for (const id of ids) this.#wanted.add(id)
    this.#hearing ??= this.#hearAll()
      .catch((error: unknown) => this.#parts.log.debug({ error }, 'foreign writers could not be heard; trying again'))
      .finally(() => (this.#hearing = null))
  }

  async #hearAll(): Promise<void> {
    await Promise.resolve()
    while (this.#wanted.size > 0) {
      const ids = [...this.#wanted].slice(0, heardAtOnce)
      for (const id of ids) this.#wanted.delete(id)
      await this.#follow(ids.map((id) => ({ id, queue: this.#live.get(id) ?? '' })))
    }
  }

  // What they say is in the jobs before the hashes are written again.
  async #follow(jobs: readonly { id: string; queue: string }[]): Promise<void> {
    const words = await hear(this.#hash, jobs)
    if (words.length === 0) return
    const heard = new Map(words.map((word) => [word.id, word.heard]))
    const records = await ingest(this.#parts, words)
    for (const { id, status } of records) if (isEnd(status)) this.#live.delete(id)
    await writeHashes(this.#hash, records, ({ id }) => heard.get(id) ?? '')
  }
}

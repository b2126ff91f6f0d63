// Keeps one text a job in Redis: the newest state that is known, guarded there by its rev.
import type { JobRecord } from '../job/record.ts'
import type { Json } from '../lib/json.ts'
import { toWireTime } from '../wire/time.ts'
import type { Desk } from './desk.ts'
import type { Keys } from './keys.ts'
import { script, type Link } from './link.ts'

const mirror = script('mirror-text')

export interface TextParts {
  link: Link
  keys: Keys
  ttlMs: number
  /** What is said of the job, as the inside of a JSON object. */
  inside: (record: JobRecord) => string | Promise<string>
}

export class TextMirror implements Desk {
  readonly reachMs: number
  readonly #parts: TextParts

  constructor(parts: TextParts) {
    this.#parts = parts
    this.reachMs = parts.ttlMs
  }

  async write(records: readonly JobRecord[]): Promise<void> {
    const { link, keys, ttlMs, inside } = this.#parts
    const jobs = await Promise.all(
      records.map(async (record) => [record.rev, toWireTime(record.createdAt), textOf(record, await inside(record))]),
    )
    const ttl = Math.ceil(ttlMs / 1_000)
    await link.run(
      mirror,
      records.map((record) => keys.of(record)),
      [ttl, ...jobs.flat()],
    )
  }
}

// The head is what lua/mirror-text.lua compares.
function textOf({ rev, createdAt }: JobRecord, inside: string): string {
  return `{"waybill_rev":${rev},"waybill_born":"${toWireTime(createdAt)}"${inside === '' ? '' : `,${inside}`}}`
}

/** The inside of a JSON object of these members. */
export function insideOf(members: Iterable<[string, Json]>): string {
  return JSON.stringify(Object.fromEntries(members)).slice(1, -1)
}

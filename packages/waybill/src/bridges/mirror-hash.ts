// Keeps one hash a job in Redis: the newest state that is known, guarded there by its rev.
import type { JobRecord } from '../job/record.ts'
import { toWireTime } from '../wire/time.ts'
import type { Desk } from './desk.ts'
import type { Keys } from './keys.ts'
import { script, texts, type Arg, type Link } from './link.ts'
import type { Wording } from './wording.ts'

const mirror = script('mirror-hash')

export type Written = 'written' | 'older' | 'foreign'

export interface HashParts {
  link: Link
  keys: Keys
  wording: Wording
  ttlMs: number
}

/** One answer a job. `heard`: the foreign words there that have been dealt with (hear.ts); `*`: whatever they are. */
export async function writeHashes(
  { link, keys, wording, ttlMs }: HashParts,
  records: readonly JobRecord[],
  heard: (record: JobRecord) => string,
): Promise<Written[]> {
  const ttl = Math.ceil(ttlMs / 1_000)
  const args = records.flatMap((record) => jobArguments(record, wording, heard(record)))
  const answers = texts(
    await link.run(
      mirror,
      records.map((record) => keys.of(record)),
      [ttl, ...tellingNames(wording), ...args],
    ),
  )
  return answers.map((answer) => (answer === 'written' || answer === 'older' ? answer : 'foreign'))
}

/** The fields by which a foreign writer speaks; '' for one that is not shown. */
export function tellingNames(wording: Wording): string[] {
  return (['status', 'progress', 'progress_message'] as const).map((member) => wording.name(member) ?? '')
}

function jobArguments(record: JobRecord, wording: Wording, heard: string): Arg[] {
  const fields = [...wording.texts(record)]
  return [record.rev, toWireTime(record.createdAt), heard, fields.length, ...fields.flat()]
}

/** Writes, whatever others wrote there. */
export class HashMirror implements Desk {
  readonly reachMs: number
  readonly #hash: HashParts

  constructor(hash: HashParts) {
    this.#hash = hash
    this.reachMs = hash.ttlMs
  }

  async write(records: readonly JobRecord[]): Promise<void> {
    await writeHashes(this.#hash, records, () => '*')
  }
}

// What foreign writers have said in the hashes of jobs since we last wrote there.
import type { Keys } from './keys.ts'
import { script, texts, type Link } from './link.ts'
import { tellingNames } from './mirror-hash.ts'
import type { Wording } from './wording.ts'

const hearing = script('hear')

export interface ForeignWord {
  id: string
  /** For the mirror: it may write over these words and no others. */
  heard: string
  fields: ReadonlyMap<string, string>
}

export interface HearParts {
  link: Link
  keys: Keys
  wording: Wording
}

/** The words about these jobs, where there are any. */
export async function hear(
  { link, keys, wording }: HearParts,
  jobs: readonly { id: string; queue: string }[],
): Promise<ForeignWord[]> {
  if (jobs.length === 0) return []
  const reply = await link.run(
    hearing,
    jobs.map((job) => keys.of(job)),
    tellingNames(wording),
  )
  if (!Array.isArray(reply)) throw new TypeError(`hear.lua answered ${typeof reply}`)
  return reply.flatMap((answer) => {
    const [n = '', heard = '', ...pairs] = texts(answer)
    const job = jobs[Number(n) - 1]
    return job ? [{ id: job.id, heard, fields: fieldsOf(pairs) }] : []
  })
}

function fieldsOf(pairs: string[]): Map<string, string> {
  const fields = new Map<string, string>()
  for (let i = 0; i + 1 < pairs.length; i += 2) fields.set(pairs[i] ?? '', pairs[i + 1] ?? '')
  return fields
}

// Do the keys say what the jobs say? Reads both, changes neither. What looks wrong is looked at once more a moment later:
// it may just have changed.
import type { ReadEngine } from '../engine/engine.ts'
import type { JobRecord } from '../job/record.ts'
import { pause, type Clock } from '../lib/clock.ts'
import { isObject } from '../lib/json.ts'
import { toWireTime } from '../wire/time.ts'
import type { Bridge, Mirror } from './desk.ts'
import { recordsOf } from '../foreign/on-behalf.ts'
import { texts, type Link } from './link.ts'

export interface Divergence {
  bridge: string
  job_id: string
  key: string
  problem: 'missing' | 'older' | 'differs'
  /** The fields that differ, or what else there is to say. */
  detail: string
}

export interface VerifyParts {
  engine: ReadEngine
  link: Link
  clock: Clock
}

const momentMs = 1_000

/** Looks at the newest jobs of a bridge, `most` at most. */
export async function verify(
  parts: VerifyParts,
  bridge: Bridge,
  mirror: Mirror,
  most: number,
): Promise<{ looked: number; wrong: Divergence[] }> {
  const records = await sampleOf(parts.engine, bridge, mirror.ttlMs, most)
  const suspects = await wrongOf(parts, bridge, mirror, records)
  if (suspects.length === 0) return { looked: records.length, wrong: [] }
  await pause(parts.clock, momentMs, undefined, true)
  const again = await recordsOf(
    parts.engine,
    suspects.map(({ job_id }) => job_id),
  )
  return { looked: records.length, wrong: await wrongOf(parts, bridge, mirror, again) }
}

// Keys of jobs that last changed longer ago may be gone.
async function sampleOf(engine: ReadEngine, { selection }: Bridge, ttlMs: number, most: number): Promise<JobRecord[]> {
  const updatedSince = Math.max(0, engine.now() - ttlMs)
  const found: JobRecord[] = []
  for (const filter of selection.filters) {
    let after: string | null = null
    do {
      const page = await engine.list({ filter: { ...filter, updatedSince }, limit: Math.min(most, 200), after })
      found.push(...page.records.filter((record) => selection.has(record)))
      after = page.next
    } while (after !== null && found.length < most)
  }
  return found.slice(0, most)
}

async function wrongOf(
  { link }: VerifyParts,
  { name }: Bridge,
  mirror: Mirror,
  records: readonly JobRecord[],
): Promise<Divergence[]> {
  const wrong: Divergence[] = []
  for (const record of records) {
    const key = mirror.keys.of(record)
    const found = compare(mirror, record, mirror.form === 'hash' ? await hashAt(link, key) : await textAt(link, key))
    if (found) wrong.push({ bridge: name, job_id: record.id, key, ...found })
  }
  return wrong
}

function compare(
  mirror: Mirror,
  record: JobRecord,
  kept: Map<string, string> | null,
): Pick<Divergence, 'problem' | 'detail'> | null {
  if (kept === null) return { problem: 'missing', detail: `the job is ${record.status}` }
  const rev = Number(kept.get('waybill_rev') ?? 0)
  const isSame = kept.get('waybill_born') === toWireTime(record.createdAt)
  if (!isSame || rev < record.rev) return { problem: 'older', detail: `it has rev ${rev}, the job ${record.rev}` }
  const differing = [...mirror.expect(record)].filter(([name, value]) => kept.get(name) !== value).map(([name]) => name)
  return differing.length === 0 ? null : { problem: 'differs', detail: differing.join(', ') }
}

async function hashAt(link: Link, key: string): Promise<Map<string, string> | null> {
  if ((await link.call('TYPE', key)) !== 'hash') return null
  const pairs = texts(await link.call('HGETALL', key))
  return new Map(pairs.flatMap((name, i) => (i % 2 === 0 ? [[name, pairs[i + 1] ?? '']] : [])))
}

async function textAt(link: Link, key: string): Promise<Map<string, string> | null> {
  const text = (await link.call('TYPE', key)) === 'string' ? String(await link.call('GET', key)) : null
  const value = text === null ? null : parsed(text)
  return isObject(value)
    ? new Map(Object.entries(value).map(([name, one]) => [name, typeof one === 'string' ? one : JSON.stringify(one)]))
    : null
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null // somebody else's
  }
}

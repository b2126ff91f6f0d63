// list and count on one shard: a way in (an owner's places, a subject's, …, or all), walked in the order of inserts; every
// other condition is looked at in the records themselves, so that a list can never tell of a job that is gone.
import { matches } from '../../engine/filter.ts'
import type { JobFilter } from '../../engine/engine.ts'
import type { JobRecord } from '../../job/record.ts'
import { statuses, type Status } from '../../job/status.ts'
import { read, standing } from './read.ts'
import { pairs, texts, textOrNull } from './reply.ts'
import type { Shard } from './shard.ts'

const chunkSize = 128
const block = 256

export interface Found {
  n: number
  record: JobRecord
}

export interface Walk {
  filter: JobFilter
  oldestFirst: boolean
  /** Only places beyond this one. */
  after: number | null
  /** Enough when so many match. */
  wanted: number
  /** Enough when so many were looked at. */
  look: number
}

export interface Walked {
  found: Found[]
  /** The last place looked at, when there may be more beyond it. */
  stoppedAt: number | null
}

/** At most `wanted` jobs that match, in order. */
export async function walk(shard: Shard, { filter, oldestFirst, after, wanted, look }: Walk): Promise<Walked> {
  const found: Found[] = []
  let looked = 0
  for await (const places of placesOf(shard, filter, oldestFirst, after)) {
    const { jobs } = await read(
      shard,
      places.map(({ id }) => id),
    )
    for (const [i, { n }] of places.entries()) {
      const job = standing(jobs[i])
      if (job?.n === n && matches(job.record, filter)) found.push({ n, record: job.record })
    }
    looked += places.length
    if (found.length >= wanted) break
    const last = places.at(-1)
    if (looked >= look && last) return { found, stoppedAt: last.n }
  }
  return { found: found.slice(0, wanted), stoppedAt: null }
}

interface Place {
  n: number
  id: string
}

function placesOf(
  shard: Shard,
  filter: JobFilter,
  oldestFirst: boolean,
  after: number | null,
): AsyncGenerator<Place[]> {
  const index = indexFor(filter)
  if (index !== null) return byIndex(shard, index, oldestFirst, after)
  if (filter.status?.every((status) => status === 'failed' || status === 'cancelled' || status === 'waiting'))
    return byStatus(shard, filter.status, oldestFirst, after)
  return byChunk(shard, oldestFirst, after)
}

// The most selective condition leads.
function indexFor(f: JobFilter): string | null {
  if (f.subject !== undefined) return `subject:${f.subject}`
  if (f.batchId !== undefined) return `batch:${f.batchId}`
  if (f.parentId !== undefined) return `parent:${f.parentId}`
  if (f.scheduleKey !== undefined) return `schedule:${f.scheduleKey}`
  return typeof f.userId === 'string' ? `user:${f.userId}` : null
}

async function* byIndex(
  shard: Shard,
  index: string,
  oldestFirst: boolean,
  after: number | null,
): AsyncGenerator<Place[]> {
  const length = Number(await shard.call('LLEN', index))
  const at = after === null ? null : await firstBeyond(shard, index, length, oldestFirst ? after : after - 1)
  if (oldestFirst) {
    for (let from = at ?? 0; from < length; from += block)
      yield await named(shard, texts(await shard.call('LRANGE', index, from, from + block - 1)))
    return
  }
  for (let end = (at ?? length) - 1; end >= 0; end -= block)
    yield await named(shard, texts(await shard.call('LRANGE', index, Math.max(0, end - block + 1), end)).toReversed())
}

// Places rise along a list: where the first one above `n` stands.
async function firstBeyond(shard: Shard, index: string, length: number, n: number): Promise<number> {
  let [low, high] = [0, length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (Number(textOrNull(await shard.call('LINDEX', index, middle)) ?? Infinity) > n) high = middle
    else low = middle + 1
  }
  return low
}

async function* byStatus(
  shard: Shard,
  wanted: Status[],
  oldestFirst: boolean,
  after: number | null,
): AsyncGenerator<Place[]> {
  const sets = await Promise.all(
    [...new Set(wanted)].map((status) => shard.call('ZRANGE', `in:${status}`, '-inf', '+inf', 'BYSCORE')),
  )
  const all = sets.flatMap(texts).map(Number)
  const beyond = all.filter((n) => after === null || (oldestFirst ? n > after : n < after))
  const places = beyond.toSorted((a, b) => (oldestFirst ? a - b : b - a))
  for (let from = 0; from < places.length; from += block)
    yield await named(shard, places.slice(from, from + block).map(String))
}

async function* byChunk(shard: Shard, oldestFirst: boolean, after: number | null): AsyncGenerator<Place[]> {
  const chunks = texts(await shard.call('HKEYS', 'chunks')).map(Number)
  const edge = after === null ? null : chunkOf(after)
  const beyond = chunks.filter((chunk) => edge === null || (oldestFirst ? chunk >= edge : chunk <= edge))
  for (const chunk of beyond.toSorted((a, b) => (oldestFirst ? a - b : b - a))) {
    const ids = texts(await shard.call('LRANGE', `ids:${chunk}`, 0, -1))
    const places = ids.map((id, i) => ({ n: chunk * chunkSize + i + 1, id })).filter(({ id }) => id !== '')
    const some = places.filter(({ n }) => after === null || (oldestFirst ? n > after : n < after))
    yield oldestFirst ? some : some.toReversed()
  }
}

/** Places begin with 1. */
function chunkOf(n: number): number {
  return Math.floor((n - 1) / chunkSize)
}

/** Which jobs stand at these places; a place whose job was purged is left out. */
async function named(shard: Shard, places: string[]): Promise<Place[]> {
  const chunks = new Map<number, string[]>()
  for (const chunk of new Set(places.map((n) => chunkOf(Number(n))))) chunks.set(chunk, [])
  await Promise.all(
    [...chunks.keys()].map(async (chunk) => {
      chunks.set(chunk, texts(await shard.call('LRANGE', `ids:${chunk}`, 0, -1)))
    }),
  )
  return places.map(Number).flatMap((n) => {
    const id = chunks.get(chunkOf(n))?.[(n - 1) % chunkSize] ?? ''
    return id === '' ? [] : [{ n, id }]
  })
}

export type Counts = Record<Status, number>

export function noCounts(): Counts {
  return { scheduled: 0, pending: 0, waiting: 0, processing: 0, completed: 0, failed: 0, cancelled: 0 }
}

/** Counts by queue as they are kept. */
export async function countsByQueue(shard: Shard): Promise<Map<string, Counts>> {
  const queues = new Map<string, Counts>()
  for (const [field, n] of pairs(await shard.call('HGETALL', 'counts'))) {
    const status = statuses.find((one) => one === field.slice(0, field.indexOf(':')))
    const queue = field.slice(field.indexOf(':') + 1)
    const counts = queues.get(queue) ?? noCounts()
    if (status) counts[status] = Number(n)
    queues.set(queue, counts)
  }
  return queues
}

export async function count(shard: Shard, filter: JobFilter): Promise<Counts> {
  const counts = noCounts()
  const given = Object.entries(filter).flatMap(([key, value]) => (value === undefined ? [] : [key]))
  if (given.every((key) => key === 'queue')) {
    for (const [queue, some] of await countsByQueue(shard)) {
      if (filter.queue === undefined || filter.queue === queue) for (const one of statuses) counts[one] += some[one]
    }
    return counts
  }
  const all = await walk(shard, { filter, oldestFirst: true, after: null, wanted: Infinity, look: Infinity })
  for (const { record } of all.found) counts[record.status]++
  return counts
}

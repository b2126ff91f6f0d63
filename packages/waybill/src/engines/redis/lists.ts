// list, count and queues over shards. A page's end is a place on each shard; with one shard it is that place alone.
import type { JobFilter, ListPage, ListRequest, QueueRow } from '../../engine/engine.ts'
import { statuses } from '../../job/status.ts'
import { count, countsByQueue, noCounts, walk, type Counts, type Found, type Walked } from './list.ts'
import { read, standing } from './read.ts'
import { texts } from './reply.ts'
import type { Shard } from './shard.ts'

interface Hit extends Found {
  shard: number
}

export async function listAll(shards: readonly Shard[], request: ListRequest): Promise<ListPage> {
  const { filter, limit, oldestFirst = false, after = null, offset = 0, look = Infinity } = request
  const ends = shards.map((_, i) => endOn(after, i))
  const wanted = offset + limit + 1
  const walked = await Promise.all(
    shards.map((shard, i) => walk(shard, { filter, oldestFirst, after: ends[i] ?? null, wanted, look })),
  )
  const found = walked.map(({ found: some }, i) => some.map((one): Hit => ({ ...one, shard: i })))
  const all = shards.length === 1 ? found.flat() : found.flat().toSorted(inOrder(oldestFirst))
  const page = all.slice(offset, offset + limit)
  for (const { shard, n } of all.slice(0, offset + limit)) ends[shard] = n
  return {
    records: page.map(({ record }) => record),
    next: all.length > offset + limit ? ends.map((n) => n ?? '').join('.') : nextLook(walked, oldestFirst),
  }
}

// Some shards looked at enough without filling the page: there it goes on, elsewhere nothing is left.
function nextLook(walked: Walked[], oldestFirst: boolean): string | null {
  if (walked.every(({ stoppedAt }) => stoppedAt === null)) return null
  return walked.map(({ stoppedAt }) => stoppedAt ?? (oldestFirst ? 'Infinity' : 0)).join('.')
}

function endOn(after: string | null, shard: number): number | null {
  const place = after?.split('.')[shard] ?? ''
  return place === '' ? null : Number(place)
}

function inOrder(oldestFirst: boolean): (a: Hit, b: Hit) => number {
  const sign = oldestFirst ? 1 : -1
  return (a, b) => sign * (a.record.createdAt - b.record.createdAt || a.shard - b.shard || a.n - b.n)
}

export async function countAll(shards: readonly Shard[], filter: JobFilter): Promise<Counts> {
  const all = await Promise.all(shards.map((shard) => count(shard, filter)))
  return all.reduce(sum, noCounts())
}

function sum(a: Counts, b: Counts): Counts {
  const total = noCounts()
  for (const status of statuses) total[status] = a[status] + b[status]
  return total
}

export async function queueRows(shards: readonly Shard[]): Promise<QueueRow[]> {
  const [first] = shards
  const paused = new Set(first ? texts(await first.call('SMEMBERS', 'paused')) : [])
  const rows = new Map<string, QueueRow>()
  const rowOf = (queue: string): QueueRow =>
    rows.get(queue) ?? { queue, counts: noCounts(), paused: paused.has(queue), oldestPendingAt: null }
  for (const queue of paused) rows.set(queue, rowOf(queue))
  for (const shard of shards) {
    const oldest = await oldestPending(shard)
    for (const [queue, counts] of await countsByQueue(shard)) {
      const row = rowOf(queue)
      const at = counts.pending > 0 ? (oldest.get(queue) ?? null) : null
      rows.set(queue, { ...row, counts: sum(row.counts, counts), oldestPendingAt: earlier(row.oldestPendingAt, at) })
    }
  }
  return [...rows.values()].toSorted((a, b) => (a.queue < b.queue ? -1 : 1))
}

function earlier(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : Math.min(a, b)
}

/** Of the first jobs in each lane of a queue. */
const heads = 20

async function oldestPending(shard: Shard): Promise<Map<string, number>> {
  const oldest = new Map<string, number>()
  for (const lane of texts(await shard.call('SMEMBERS', 'lanes'))) {
    const entries = texts(await shard.call('LRANGE', `ready:${lane}`, 0, heads - 1))
    const { jobs } = await read(
      shard,
      entries.map((entry) => entry.replace(/^\d+,\d+,/, '')),
    )
    for (const job of jobs) {
      const record = standing(job)?.record
      if (record?.status === 'pending')
        oldest.set(record.queue, Math.min(record.createdAt, oldest.get(record.queue) ?? Infinity))
    }
  }
  return oldest
}

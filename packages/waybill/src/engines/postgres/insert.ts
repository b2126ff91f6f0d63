// insert: jobs into `jobs` and `ids`, and into `ready` when they may run at once. Plain jobs (ids made here, no key, a
// queue far from its cap, nothing rare) go by arrays in one statement; all others go by admit.ts, which decides before it stores.
import { freshRecord } from '../../job/fresh.ts'
import type { Inserted, NewJob } from '../../engine/engine.ts'
import { WaybillError } from '../../job/errors.ts'
import type { JobRecord } from '../../job/record.ts'
import { admit } from './admit.ts'
import { lines, numbers, texts } from './arrays.ts'
import { isDeaf, isDuplicate, lacksPartition } from './errors.ts'
import { encodePolicy } from '../../engine/stored-policy.ts'
import { newsOf, type Store } from './store.ts'

const insertPlain = 'SELECT * FROM wb.insert_plain_1($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)'

/** Jobs of one call travel together; a call is answered by one list. */
export interface InsertCall {
  jobs: NewJob[]
  atomic: boolean
}

const mostJobs = 1_000

/** What became of each call. When together they failed for a reason of their own, each goes by itself: only the guilty one fails. */
export async function insertCalls(store: Store, calls: InsertCall[]): Promise<(() => Inserted[])[]> {
  try {
    return (await insertTogether(store, calls)).map((answers) => () => answers)
  } catch (error) {
    if (calls.length === 1 || error instanceof WaybillError) throw error
  }
  const alone = await Promise.allSettled(calls.map(async (call) => (await insertTogether(store, [call])).flat()))
  return alone.map((one) => () => {
    if (one.status === 'rejected') throw one.reason
    return one.value
  })
}

/** Answers one list a call. Plain calls share statements, keyed or capped ones a transaction, atomic ones stand alone. */
async function insertTogether(store: Store, calls: InsertCall[]): Promise<Inserted[][]> {
  const answers = new Map<InsertCall, Inserted[]>()
  const others: InsertCall[] = []
  for (const group of grouped(calls.filter(({ jobs }) => jobs.every(isPlain)))) {
    const roomy = await store.caps.haveRoom(group.flatMap(({ jobs }) => jobs))
    const stored = roomy ? await plainGroup(store, group) : null
    if (stored === null) others.push(...group)
    else share(group, stored, answers)
  }
  others.push(...calls.filter(({ jobs }) => !jobs.every(isPlain)))
  for (const group of grouped(others.filter(({ atomic }) => !atomic)))
    share(group, await admitted(store, group), answers)
  for (const call of others.filter(({ atomic }) => atomic)) answers.set(call, await admitted(store, [call]))
  return calls.map((call) => answers.get(call) ?? [])
}

function isPlain({ spec, idGiven, delayMs, idempotency, holds, inputJson }: NewJob): boolean {
  const { title, subject, tags, metadata, parentId, batchId, scheduleKey, traceparent, policy } = spec
  const rare = title ?? subject ?? parentId ?? batchId ?? scheduleKey ?? traceparent ?? policy.startWithinMs
  const bare = rare === null && tags.length === 0 && Object.keys(metadata).length === 0
  return bare && !idGiven && delayMs <= 0 && idempotency === null && !holds && !inputJson.includes('\n')
}

// As many calls to a statement as its size allows.
function grouped(calls: InsertCall[]): InsertCall[][] {
  const groups: InsertCall[][] = []
  let size = mostJobs
  for (const call of calls) {
    size += call.jobs.length
    if (size > mostJobs) {
      groups.push([])
      size = call.jobs.length
    }
    groups.at(-1)?.push(call)
  }
  return groups
}

function share(calls: InsertCall[], answers: Inserted[], to: Map<InsertCall, Inserted[]>): void {
  let from = 0
  for (const call of calls) to.set(call, answers.slice(from, (from += call.jobs.length)))
}

async function admitted(store: Store, calls: InsertCall[]): Promise<Inserted[]> {
  const jobs = calls.flatMap((call) => call.jobs)
  return withPartition(store, () => admit(store, jobs, calls.length === 1 && calls[0]?.atomic === true))
}

// Null when an id is taken: nothing was stored, and each job must be looked at by itself.
async function plainGroup(store: Store, calls: InsertCall[]): Promise<Inserted[] | null> {
  const jobs = calls.flatMap((call) => call.jobs)
  if (jobs.length === 0) return []
  try {
    return await withPartition(store, () => plain(store, jobs))
  } catch (error) {
    if (isDuplicate(error)) return null
    throw error
  }
}

// No submit may fail because nobody can be told of it.
async function plain(store: Store, jobs: NewJob[]): Promise<Inserted[]> {
  try {
    return await storePlain(store, jobs, true)
  } catch (error) {
    if (!isDeaf(error)) throw error
    return storePlain(store, jobs, false)
  }
}

async function storePlain(store: Store, jobs: NewJob[], hinted: boolean): Promise<Inserted[]> {
  const specs = jobs.map(({ spec }) => spec)
  const hint = hinted ? store.hintWithCommit({ ids: specs.map(({ id }) => id), queues: queuesOf(specs) }) : null
  const [row] = await store.db.rows(insertPlain, [
    store.clock.offset,
    texts(specs.map(({ id }) => id)),
    texts(specs.map(({ type }) => type)),
    texts(specs.map(({ queue }) => queue)),
    texts(specs.map(({ userId }) => userId)),
    numbers(specs.map(({ priority }) => priority)),
    texts(specs.map(({ policy }) => encodePolicy(policy))),
    lines(jobs.map(({ inputJson }) => inputJson)),
    hint?.channel ?? null,
    hint?.payload ?? null,
  ])
  store.partitions.reached(Number(row?.['top']))
  const createdAt = store.clock.saw(row?.['now'])
  const records: JobRecord[] = specs.map((spec) => freshRecord({ ...spec, createdAt }))
  store.tell(newsOf(records), hint !== null)
  return records.map((record) => ({ outcome: 'created', id: record.id, record }))
}

function queuesOf(specs: NewJob['spec'][]): string[] {
  return [...new Set(specs.map(({ queue }) => queue))]
}

// The next partition is made long before it is needed; should it be missing all the same, it is made now.
export async function withPartition<T>(store: Store, run: () => Promise<T>): Promise<T> {
  try {
    return await run()
  } catch (error) {
    if (!lacksPartition(error)) throw error
    await store.partitions.add()
    return run()
  }
}

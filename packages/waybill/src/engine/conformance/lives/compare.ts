// All that can be observed, on both sides: records, histories, steps, logs, lists, counts, what is due, queues, workers.
import assert from 'node:assert/strict'
import { statuses } from '../../../job/status.ts'
import { isGone, type DueKind, type Engine, type JobDetails, type Tombstone } from '../../engine.ts'
import { regressions, violations } from '../invariants.ts'
import { about } from '../subject.ts'
import { same, type Pair } from './pair.ts'

type Found = JobDetails | Tombstone | null

const everything = { input: true, timeline: true, steps: true }
const filters = [{}, { queue: 'q0' }, { userId: 'ada' }, { userId: null, queue: 'q1' }, { subject: 's' }]
const kinds: DueKind[] = ['run_at', 'lease', 'cancel', 'start_by']

export async function compare(pair: Pair): Promise<void> {
  const real = await pair.engine.get(pair.ids, everything)
  const model = await pair.model.get(pair.ids, everything)
  same(real.map(timeless), model.map(timeless), 'the jobs')
  for (const [i, found] of real.entries()) sameTimes(found, model[i] ?? null)
  for (const [i, found] of real.entries()) {
    if (found && !isGone(found)) sound(pair, found)
    else pair.seen.delete(pair.ids[i] ?? '') // purged: its id may come again, and begin anew
  }
  await pair.both('revs', (engine) => engine.revs(pair.ids))
  if (pair.engine.ahead) await pair.both('places in the queues', async (engine) => engine.ahead?.(pair.ids))
  await pair.both('logs', (engine) => logsOf(engine, pair.ids))
  for (const filter of filters) await pair.both('counts', (engine) => engine.count(filter))
  for (const kind of kinds) await pair.both(`due ${kind}`, (engine) => dueOf(engine, kind))
  await pair.both('lists', listsOf)
  await pair.both('queues', queuesOf)
  await pair.both('workers', workersOf)
  await pair.both('documents', docsOf)
}

// The engine's own history, and how it went on since the last look.
function sound(pair: Pair, { record, timeline = [] }: JobDetails): void {
  assert.deepEqual(violations(record, timeline), [])
  const before = pair.seen.get(record.id)
  if (before) assert.deepEqual(regressions(before, record), [])
  pair.seen.set(record.id, record)
}

// Fences are an engine's own numbers, and times may differ by the moments that it takes: both are looked at apart.
function timeless(found: Found): unknown {
  if (!found || isGone(found)) return found
  const { record, steps = [], timeline = [] } = found
  const { createdAt: _, runAt: __, startedAt, updatedAt: ___, completedAt, expiresAt, ...rest } = record
  const { fence, cancelRequestedAt, cancelBy, lease, ...plain } = rest
  return {
    ...plain,
    claimed: fence > 0,
    set: [startedAt, completedAt, expiresAt, cancelRequestedAt, cancelBy].map((time) => time !== null),
    lease: lease && { workerId: lease.workerId, held: lease.held },
    steps: steps.map(({ key, status, attempt, result }) => ({ key, status, attempt, result })).toSorted(byKey),
    timeline: timeline.map(({ seq, type, data }) => ({ seq, type, data: { ...data, fence: null } })),
  }
}

function byKey(a: { key: string }, b: { key: string }): number {
  return a.key < b.key ? -1 : 1
}

function sameTimes(real: Found, model: Found): void {
  if (!real || !model || isGone(real) || isGone(model)) return
  const expected = timesOf(model)
  for (const [i, time] of timesOf(real).entries()) {
    const wanted = expected[i] ?? null
    if (wanted !== null) about(time, wanted)
  }
}

function timesOf({ record: r, timeline = [] }: JobDetails): (number | null)[] {
  const lease = [r.lease?.startedAt, r.lease?.heartbeatAt, r.lease?.expiresAt].map((time) => time ?? null)
  const own = [r.createdAt, r.runAt, r.startedAt, r.updatedAt, r.completedAt, r.expiresAt]
  return [...own, r.cancelRequestedAt, r.cancelBy, ...lease, ...timeline.map(({ at }) => at)]
}

async function logsOf(engine: Engine, ids: string[]): Promise<unknown> {
  const all = await Promise.all(ids.map((id) => engine.logs(id, 0, 100)))
  return all.map((lines) => lines.map(({ seq, message }) => [seq, message]))
}

async function dueOf(engine: Engine, kind: DueKind): Promise<string[]> {
  return (await engine.due(kind, 1_000)).map(({ id }) => id).toSorted()
}

async function listsOf(engine: Engine): Promise<unknown> {
  const byStatus = statuses.map(
    async (status) => (await engine.list({ filter: { status: [status] }, limit: 1_000 })).records,
  )
  const pages = [
    await engine.list({ filter: {}, limit: 4 }),
    ...(await Promise.all(byStatus)).map((records) => ({ records })),
  ]
  return pages.map(({ records }) => records.map(({ id, rev, status }) => [id, rev, status]))
}

async function queuesOf(engine: Engine): Promise<unknown> {
  const rows = await engine.queues()
  const used = rows.filter(({ counts, paused }) => paused || Object.values(counts).some((n) => n > 0))
  return used.map(({ queue, counts, paused, oldestPendingAt }) => ({
    queue,
    counts,
    paused,
    old: oldestPendingAt !== null,
  }))
}

async function docsOf(engine: Engine): Promise<unknown> {
  return (await engine.docs('queue')).map(({ key, rev, body }) => ({ key, rev, body }))
}

async function workersOf(engine: Engine): Promise<string[]> {
  return (await engine.workers()).map(({ id, slots }) => `${id} ${slots}`).toSorted()
}

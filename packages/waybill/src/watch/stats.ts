// How jobs have fared of late: how many ended and how, how long they waited and ran. Counted over the newest ended jobs,
// at most `most` of them, so that asking costs the same however many are kept: a busy store answers for a shorter span
// than was asked for, and says which. A job that was submitted long before all these may be missed.
import type { JobFilter, ReadEngine } from '../engine/engine.ts'
import type { JobRecord } from '../job/record.ts'

const most = 5_000
const pageSize = 200

export interface StatsRequest {
  filter: JobFilter
  windowMs: number
  by: 'type' | 'queue' | null
}

export interface Quantiles {
  p50: number
  p95: number
  p99: number
}

export interface Figures {
  /** The type or queue; null: all together. */
  key: string | null
  finished: number
  completed: number
  failed: number
  cancelled: number
  perMinute: number
  /** Completed of those that completed or failed; null without any. */
  successRatio: number | null
  /** From runnable to begun; null when none began. */
  waitMs: Quantiles | null
  /** The attempt that ended the job; null when none began. */
  runMs: Quantiles | null
}

export interface Stats {
  windowMs: number
  /** The span that the figures are of: shorter than the window when more than `most` jobs ended in it. */
  coversMs: number
  at: number
  items: Figures[]
}

type Reads = Pick<ReadEngine, 'list' | 'now'>

/** Busiest first. `rest` is called between two reads, to let others have their turn. */
export async function statsOf(engine: Reads, request: StatsRequest, rest: () => Promise<void>): Promise<Stats> {
  const { windowMs, by } = request
  const at = engine.now()
  const { ended, coversMs } = await newestEnded(engine, request, at, rest)
  const groups = Map.groupBy(ended, (job) => (by === null ? null : job[by]))
  const items = [...groups].map(([key, jobs]) => figuresOf(key, jobs, coversMs))
  if (by === null && items.length === 0) items.push(figuresOf(null, [], coversMs))
  return { windowMs, coversMs, at, items: items.toSorted((a, b) => b.finished - a.finished) }
}

async function newestEnded(
  engine: Reads,
  { filter, windowMs }: StatsRequest,
  at: number,
  rest: () => Promise<void>,
): Promise<{ ended: JobRecord[]; coversMs: number }> {
  const since = at - windowMs
  const ofEnded: JobFilter = { ...filter, status: ['completed', 'failed', 'cancelled'] }
  const ended: JobRecord[] = []
  let after: string | null = null
  do {
    if (after !== null) await rest()
    const page = await engine.list({ filter: ofEnded, limit: pageSize, after })
    const inWindow = page.records.filter(({ completedAt }) => (completedAt ?? 0) >= since)
    ended.push(...inWindow)
    // Jobs come by age. A page that is older than the window, and of which none ended in it, is the end.
    const isOver = inWindow.length === 0 && page.records.every(({ createdAt }) => createdAt < since)
    after = isOver ? null : page.next
  } while (after !== null && ended.length < most)
  const oldest = after === null ? since : Math.min(...ended.map(({ completedAt }) => completedAt ?? at))
  return { ended, coversMs: Math.max(1, Math.min(windowMs, at - oldest)) }
}

function figuresOf(key: string | null, jobs: JobRecord[], coversMs: number): Figures {
  const n = (status: JobRecord['status']) => jobs.filter((job) => job.status === status).length
  const [completed, failed, cancelled] = [n('completed'), n('failed'), n('cancelled')]
  const begun = jobs.flatMap(({ startedAt, completedAt, runAt }) =>
    startedAt === null ? [] : [{ wait: Math.max(0, startedAt - runAt), run: (completedAt ?? startedAt) - startedAt }],
  )
  return {
    key,
    finished: jobs.length,
    completed,
    failed,
    cancelled,
    perMinute: rounded((jobs.length * 60_000) / coversMs),
    successRatio: completed + failed === 0 ? null : rounded(completed / (completed + failed)),
    waitMs: quantiles(begun.map(({ wait }) => wait)),
    runMs: quantiles(begun.map(({ run }) => run)),
  }
}

// Nearest rank: a value that occurred.
function quantiles(values: number[]): Quantiles | null {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (share: number) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0
  return sorted.length === 0 ? null : { p50: at(0.5), p95: at(0.95), p99: at(0.99) }
}

function rounded(value: number): number {
  return Math.round(value * 10_000) / 10_000
}

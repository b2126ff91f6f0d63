// A bulk action as a job: page after page, oldest first, each page a step, so that a crash goes on where it was. Jobs
// that came or ended after it was asked for are left alone: a retry never meets its own failures again.
import { z } from 'zod'
import type { JobFilter } from '../../engine/engine.ts'
import type { JobContext } from '../../job/context.ts'
import { defineJob, type JobDefinition } from '../../job/definition.ts'
import type { JobRecord } from '../../job/record.ts'
import { isEnd, statuses } from '../../job/status.ts'
import { act, type Hands } from './act.ts'
import { bulkActions, type BulkAction } from './wish.ts'

/** No caller can name these: their names begin with letters and digits. */
export const bulkType = '_waybill.bulk'
export const systemQueue = '_waybill'

export interface BulkInput {
  action: BulkAction
  filter: JobFilter
  max: number
  /** How many jobs matched when it was asked for. */
  matched: number
}

export interface BulkResult {
  action: BulkAction
  /** Jobs that were cancelled (or told to stop), retried, erased. */
  done: number
  /** Jobs that no longer were as the filter has it when their turn came. */
  skipped: number
}

interface Place extends Pick<BulkResult, 'done' | 'skipped'> {
  /** The engine's position after the page; null at the end. */
  next: string | null
}

const pageSize = 200

export function bulkJob(hands: Hands): JobDefinition<BulkInput, BulkResult> {
  const definition = defineJob<BulkInput, BulkResult>({
    type: 'bulk',
    input: bulkInput,
    timeout: '12h',
    retry: { attempts: 20, backoff: '2s', maxBackoff: '1m' },
    run: (ctx) => runBulk(ctx, hands),
  })
  return { ...definition, type: bulkType, queue: systemQueue }
}

const text = z.string().exactOptional()
const time = z.number().exactOptional()

const bulkInput: z.ZodType<BulkInput> = z.strictObject({
  action: z.enum(bulkActions),
  filter: z.strictObject({
    userId: z.string().nullable().exactOptional(),
    status: z.array(z.enum(statuses)).exactOptional(),
    type: text,
    queue: text,
    subject: text,
    tag: text,
    batchId: text,
    scheduleKey: text,
    parentId: text,
    createdAfter: time,
    createdBefore: time,
    text,
  }),
  max: z.int(),
  matched: z.int(),
})

async function runBulk(ctx: JobContext<BulkInput>, hands: Hands): Promise<BulkResult> {
  const { action, max, matched } = ctx.input
  let place: Place = { next: null, done: 0, skipped: 0 }
  for (let page = 1; page === 1 || (place.next !== null && place.done + place.skipped < max); page++) {
    ctx.signal.throwIfAborted()
    const before = place
    place = await ctx.step(`page ${page}`, () => onePage(ctx, hands, before))
    tell(ctx, place, Math.min(max, matched))
  }
  return { action, done: place.done, skipped: place.skipped }
}

async function onePage({ input, job }: JobContext<BulkInput>, hands: Hands, place: Place): Promise<Place> {
  const { action, filter, max } = input
  const asked = job.createdAt.getTime()
  const limit = Math.min(pageSize, max - place.done - place.skipped)
  const bounded = { ...filter, createdBefore: Math.min(filter.createdBefore ?? asked + 1, asked + 1) }
  const page = await hands.engine.list({ filter: bounded, limit, oldestFirst: true, after: place.next })
  const meant = page.records.filter((record) => isMeant(record, asked))
  const done = await act(action, meant, hands)
  return { next: page.next, done: place.done + done, skipped: place.skipped + page.records.length - done }
}

function isMeant({ type, status, completedAt }: JobRecord, asked: number): boolean {
  return type !== bulkType && !(isEnd(status) && (completedAt ?? 0) > asked)
}

function tell(ctx: JobContext<BulkInput>, { done, skipped }: Place, total: number): void {
  const seen = Math.min(total, done + skipped)
  ctx.progress(total === 0 ? 1 : seen / total, `${done} of ${total} jobs`, {
    stage: ctx.input.action,
    counts: { done: seen, total, unit: 'job' },
  })
}

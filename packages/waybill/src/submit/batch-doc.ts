// The document that a batch keeps beside its jobs: name, owner, what runs at its end, and how many jobs were stored.
import type { Doc } from '../engine/engine.ts'
import { isEnd, statuses, type Status } from '../job/status.ts'
import type { Json, JsonObject } from '../lib/json.ts'
import type { BatchRequest } from './request.ts'

export interface Batch {
  id: string
  name: string | null
  userId: string | null
  createdAt: number
  /** How many jobs were stored for it. */
  total: number
  /** Of those that are still kept. */
  counts: Record<Status, number>
  /** Share of its jobs that have ended. */
  progress: number
  finished: boolean
  onFinish: { type: string; jobId: string } | null
}

/** Of documents: what a batch is, and that something is to run at its end. The latter is written first and goes first. */
export const batchKinds = ['batch_open', 'batch'] as const

export const unfinished: Status[] = statuses.filter((status) => !isEnd(status))

export function finishId(batchId: string): string {
  return `${batchId}-finish`
}

/** Not sealed yet: `total` null. */
export function bodyOf(
  { name, userId, onFinish }: Pick<BatchRequest, 'name' | 'userId' | 'onFinish'>,
  now: number,
): JsonObject {
  const input = onFinish ? JSON.stringify(onFinish.input ?? null) : 'null'
  const last = onFinish && { type: onFinish.type, input }
  return { name, user_id: userId, created_at: now, on_finish: last, total: null }
}

export function isSealed({ body }: Doc): boolean {
  return typeof body['total'] === 'number'
}

export function ownerOf({ body }: Doc): string | null {
  return textOrNull(body['user_id'])
}

export function onFinishOf({ body }: Doc): { type: string; input: unknown } | null {
  const said = body['on_finish']
  if (typeof said !== 'object' || said === null || Array.isArray(said)) return null
  const { type, input } = said
  if (typeof type !== 'string' || typeof input !== 'string') return null
  return { type, input: JSON.parse(input) }
}

export function batchOf(doc: Doc, counts: Record<Status, number>): Batch {
  const { body, key: id } = doc
  const total = Math.max(Number(body['total'] ?? 0), sumOf(counts, statuses))
  const unended = sumOf(counts, unfinished)
  const onFinish = onFinishOf(doc)
  return {
    id,
    name: textOrNull(body['name']),
    userId: ownerOf(doc),
    createdAt: Number(body['created_at']),
    total,
    counts,
    progress: total === 0 ? 1 : (total - unended) / total,
    finished: isSealed(doc) && unended === 0,
    onFinish: onFinish && { type: onFinish.type, jobId: finishId(id) },
  }
}

export function sumOf(counts: Record<Status, number>, of: readonly Status[]): number {
  return of.reduce((sum, status) => sum + counts[status], 0)
}

function textOrNull(value: Json | undefined): string | null {
  return typeof value === 'string' ? value : null
}

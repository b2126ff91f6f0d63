// What a running job elsewhere has to say before its end: progress, log lines, steps. Under its fence like every write.
import { isGone, type Note } from '../engine/engine.ts'
import { WaybillError } from '../job/errors.ts'
import { limits } from '../job/limits.ts'
import type { ProgressNote } from '../job/progress.ts'
import type { JsonObject, Json } from '../lib/json.ts'
import type { LogLine, Step } from '../job/record.ts'
import type { Lease } from './lease-tokens.ts'
import { leaseLost, type ForeignParts } from './parts.ts'

export interface Said {
  level: LogLine['level']
  message: string
  fields: JsonObject | null
  audience: LogLine['audience']
}

type Parts = Pick<ForeignParts, 'engine'>

/** The job's rev. Throws `lease_lost`. */
export function sayProgress(parts: Parts, lease: Lease, progress: ProgressNote): Promise<number> {
  return say(parts, lease, progress)
}

/** Throws `too_large` for a line of more than 8 KiB, and then keeps none. */
export function sayLogs(parts: Parts, lease: Lease, lines: Said[]): Promise<number> {
  for (const [i, line] of lines.entries()) {
    const bytes = Buffer.byteLength(line.message) + Buffer.byteLength(JSON.stringify(line.fields))
    if (bytes > limits.logLineBytes)
      throw tooLarge(`/lines/${i}`, `has ${bytes} bytes, the limit is ${limits.logLineBytes}`)
  }
  return say(parts, lease, { logs: lines.map((line) => ({ ...line, attempt: lease.attempt })) })
}

/** Keeps what a step returned; a later attempt is given it. `tookMs`: how long it took. */
export async function sayStep(
  parts: Parts,
  lease: Lease,
  step: { key: string; result: Json; tookMs: number },
): Promise<number> {
  const { key, result, tookMs } = step
  const bytes = Buffer.byteLength(JSON.stringify(result))
  if (bytes > limits.resultBytes) throw tooLarge('/result', `has ${bytes} bytes, the limit is ${limits.resultBytes}`)
  const others = (await stepsOf(parts, lease)).filter((kept) => kept.key !== key)
  if (others.length >= limits.steps)
    throw tooLarge('/key', `would be one step more than the ${limits.steps} that a job may have`)
  const startedAt = momentOf(parts.engine.now() - tookMs, others)
  return say(parts, lease, { steps: [{ key, status: 'completed', attempt: lease.attempt, startedAt, result }] })
}

async function say({ engine }: Parts, { jobId, fence }: Lease, more: Omit<Note, 'id' | 'fence'>): Promise<number> {
  const [rev] = await engine.note([{ id: jobId, fence, ...more }])
  if (rev === undefined || rev === 'lost') throw leaseLost()
  return rev
}

async function stepsOf({ engine }: Parts, { jobId }: Lease): Promise<Step[]> {
  const [found = null] = await engine.get([jobId], { steps: true })
  if (found === null || isGone(found)) throw leaseLost('the job is not there any more')
  return found.steps ?? []
}

// No two steps begin in one moment: the order in which they began can be told.
function momentOf(at: number, others: readonly Step[]): number {
  const taken = new Set(others.map(({ startedAt }) => startedAt))
  let moment = at
  while (taken.has(moment)) moment++
  return moment
}

function tooLarge(pointer: string, detail: string): WaybillError {
  return new WaybillError('too_large', `${pointer} ${detail}`, { errors: [{ pointer, detail }] })
}

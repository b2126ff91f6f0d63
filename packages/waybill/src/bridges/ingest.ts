// What a foreign worker says in a job's hash becomes the job's truth: it has begun (then a lease is taken in its name), how
// far it is, how it ended. What is said of a job that is not its own to speak of changes nothing.
import { isGone } from '../engine/engine.ts'
import { leaseOf } from '../foreign/lease-of.ts'
import type { ForeignParts } from '../foreign/parts.ts'
import { settle } from '../foreign/settle.ts'
import type { Word } from '../foreign/word.ts'
import { WaybillError } from '../job/errors.ts'
import { limits } from '../job/limits.ts'
import { messageLimit } from '../job/progress.ts'
import type { JobRecord } from '../job/record.ts'
import { isEnd, type Status } from '../job/status.ts'
import type { ForeignWord } from './hear.ts'
import { begin, type LeaseParts } from './lease.ts'
import type { Selection } from './selection.ts'
import type { Wording } from './wording.ts'

export interface IngestParts extends LeaseParts, ForeignParts {
  wording: Wording
  selection: Selection
  /** In whose name leases are taken. */
  workerId: string
}

/** The job as it is now, for the mirror; null: leave the word where it is, it may count later. */
export async function ingest(parts: IngestParts, word: ForeignWord): Promise<JobRecord | null> {
  const record = await recordOf(parts, word.id)
  if (record === null || !parts.selection.has(record)) return null
  const status = statusIn(parts, word)
  if (status !== null && !(await obey(parts, record, status, word.fields))) return null
  return recordOf(parts, word.id)
}

async function recordOf({ engine }: Pick<IngestParts, 'engine'>, id: string): Promise<JobRecord | null> {
  const [found = null] = await engine.get([id])
  return found === null || isGone(found) ? null : found.record
}

// Null: nothing to obey.
function statusIn({ wording, log }: IngestParts, { id, fields }: ForeignWord): Status | null {
  const word = fields.get(wording.name('status') ?? 'status') ?? ''
  const status = wording.statusOf(word)
  if (status === null && word !== '')
    log.warn(
      { job_id: id, word: word.slice(0, 100) },
      'a foreign writer gave a job a status that is not known, which changes nothing; name it in the status words of the bridge',
    )
  return status
}

// False: it cannot be obeyed yet.
async function obey(
  parts: IngestParts,
  record: JobRecord,
  status: Status,
  fields: ForeignWord['fields'],
): Promise<boolean> {
  if (isEnd(record.status) || !(isEnd(status) || status === 'processing')) return true
  const begun = await begin(parts, record, parts.workerId)
  if (begun === null) return record.status !== 'pending'
  if (status === 'processing') await noteProgress(parts, begun, fields)
  else await end(parts, begun, wordOf(parts, begun, status, fields))
  return true
}

async function noteProgress(
  { engine, wording }: IngestParts,
  { id, lease }: JobRecord,
  fields: ForeignWord['fields'],
): Promise<void> {
  const progress = wording.fraction(fields.get(wording.name('progress') ?? '') ?? '')
  const message = fields.get(wording.name('progress_message') ?? '') ?? null
  const note = {
    ...(progress === null ? {} : { progress }),
    ...(message === null ? {} : { progressMessage: message.slice(0, messageLimit) }),
  }
  if (lease && Object.keys(note).length > 0) await engine.note([{ id, fence: lease.fence, ...note }])
}

// A word that comes too late is no error of ours: the job went on without that worker.
async function end(parts: IngestParts, record: JobRecord, word: Word): Promise<void> {
  const lease = leaseOf(record, parts.leaseMs)
  try {
    if (lease) await settle(parts, lease, word)
  } catch (error) {
    if (!(error instanceof WaybillError && error.code === 'lease_lost')) throw error
    parts.log.info({ job_id: record.id }, 'the word of a foreign worker came too late; the job went on without it')
  }
}

function wordOf(parts: IngestParts, record: JobRecord, status: Status, fields: ForeignWord['fields']): Word {
  if (status === 'completed') return completion(parts.wording, fields)
  if (status === 'cancelled' && record.cancelRequestedAt !== null) return { say: 'cancelled' }
  const message = fields.get(parts.wording.name('error_message') ?? '') ?? `its worker said "${status}"`
  return failure('worker_failed', message)
}

// The fields that are no members of the job, as they are.
function completion(wording: Wording, fields: ForeignWord['fields']): Word {
  const own = [...fields].filter(([name]) => !wording.owns(name))
  const result = own.length === 0 ? null : Object.fromEntries(own)
  const bytes = Buffer.byteLength(JSON.stringify(result))
  if (bytes <= limits.resultBytes) return { say: 'complete', result }
  const message = `its result has ${bytes} bytes, the limit is ${limits.resultBytes}`
  return { say: 'fail', error: { code: 'result_too_large', message }, retry: 'never' }
}

function failure(code: string, message: string): Word {
  return { say: 'fail', error: { code, message, publicMessage: message.slice(0, messageLimit) }, retry: 'never' }
}

// What a foreign worker says in a job's hash becomes the job's truth: it has begun (then a lease is taken in its name), how
// far it is, how it ended. What is said of a job that is not its own to speak of changes nothing.
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
import { begin, recordsOf, renew, type LeaseParts } from './lease.ts'
import type { Selection } from './selection.ts'
import type { Wording } from './wording.ts'

export interface IngestParts extends LeaseParts, ForeignParts {
  wording: Wording
  selection: Selection
  /** In whose name leases are taken. */
  workerId: string
}

interface Case {
  record: JobRecord
  word: ForeignWord
  /** What the word means; null: nothing that is known. */
  status: Status | null
}

/** The jobs as they are then, for the mirror. Left out: those whose word must wait where it is, since it may count later. */
export async function ingest(parts: IngestParts, words: readonly ForeignWord[]): Promise<JobRecord[]> {
  const cases = await casesOf(parts, words)
  const waiting = new Set<string>()
  const begun: Case[] = []
  for (const one of cases.filter(isToObey)) {
    const record = await begin(parts, one.record, parts.workerId)
    if (record !== null) begun.push({ ...one, record })
    else if (one.record.status === 'pending') waiting.add(one.record.id)
  }
  await Promise.all(begun.map((one) => obey(parts, one)))
  const settled = cases.flatMap(({ record: { id } }) => (waiting.has(id) ? [] : id))
  return recordsOf(parts.engine, settled)
}

async function casesOf(parts: IngestParts, words: readonly ForeignWord[]): Promise<Case[]> {
  const byId = new Map(words.map((word) => [word.id, word]))
  const records = await recordsOf(parts.engine, [...byId.keys()])
  return records.flatMap((record) => {
    const word = byId.get(record.id)
    return word && parts.selection.has(record) ? [{ record, word, status: statusIn(parts, word) }] : []
  })
}

function isToObey({ record, status }: Case): boolean {
  return status !== null && !isEnd(record.status) && (isEnd(status) || status === 'processing')
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

async function obey(parts: IngestParts, { record, status, word: { fields } }: Case): Promise<void> {
  if (status !== null && isEnd(status)) return end(parts, record, wordOf(parts, record, status, fields))
  await renew(parts, record)
  await noteProgress(parts, record, fields)
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

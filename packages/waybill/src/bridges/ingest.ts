// What a foreign worker says in a job's hash becomes the job's truth: it has begun (then a lease is taken in its name), how
// far it is, how it ended. What is said of a job that is not its own to speak of changes nothing.
import { leaseOf } from '../foreign/lease-of.ts'
import { isOverdue, type ForeignParts } from '../foreign/parts.ts'
import { settle, timeOut } from '../foreign/settle.ts'
import type { Word } from '../foreign/word.ts'
import { isOutage, WaybillError } from '../job/errors.ts'
import type { JobRecord } from '../job/record.ts'
import { isEnd, type Status } from '../job/status.ts'
import type { ForeignWord } from './hear.ts'
import { begin, recordsOf, renew, type LeaseParts } from '../foreign/on-behalf.ts'
import type { Selection } from './selection.ts'
import type { Wording } from './wording.ts'
import { endWord, isLate, progressIn } from './words.ts'

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
  await Promise.all(begun.map((one) => tryToObey(parts, one)))
  const settled = cases.flatMap(({ record: { id } }) => (waiting.has(id) ? [] : id))
  return recordsOf(parts.engine, settled)
}

async function casesOf(parts: IngestParts, words: readonly ForeignWord[]): Promise<Case[]> {
  const byId = new Map(words.map((word) => [word.id, word]))
  const records = await recordsOf(parts.engine, [...byId.keys()])
  return records.flatMap((record) => {
    const word = byId.get(record.id)
    return word && parts.selection.has(record)
      ? [{ record, word, status: isLate(parts.wording, word.fields) ? null : statusIn(parts, word) }]
      : []
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

// What the store refuses for good must not keep the others waiting.
async function tryToObey(parts: IngestParts, one: Case): Promise<void> {
  try {
    await obey(parts, one)
  } catch (error) {
    if (isOutage(error)) throw error
    parts.log.error(
      { error, job_id: one.record.id },
      'what a foreign worker wrote about this job could not be stored, and is passed over',
    )
  }
}

async function obey(parts: IngestParts, { record, status, word: { fields } }: Case): Promise<void> {
  const { engine, wording, leaseMs } = parts
  if (status !== null && isEnd(status)) return end(parts, record, endWord(wording, record, status, fields))
  const lease = leaseOf(record, leaseMs)
  if (lease && isOverdue(lease, engine.now())) return timeOut(parts, lease, record)
  await renew(parts, record)
  const note = progressIn(wording, fields)
  if (lease && Object.keys(note).length > 0) await engine.note([{ id: record.id, fence: lease.fence, ...note }])
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

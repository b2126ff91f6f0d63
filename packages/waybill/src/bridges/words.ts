// The fields of a hash that a foreign worker wrote → what they say of the job. Pure. Anything may stand in such fields: what
// cannot be kept is left out or named.
import type { Word } from '../foreign/word.ts'
import { limits } from '../job/limits.ts'
import { messageLimit, type ProgressNote } from '../job/progress.ts'
import type { JobRecord } from '../job/record.ts'
import { isEnd, type Status } from '../job/status.ts'
import { jsonFault } from '../lib/json.ts'
import type { Wording } from './wording.ts'

type Fields = ReadonlyMap<string, string>

/** Said over an end that we had written: about a job that was over, even if it has been retried since. */
export function isLate(wording: Wording, fields: Fields): boolean {
  const marked = markIn(fields)
  const word = wording.name('status') === null ? undefined : marked[0]
  const status = word === undefined ? null : wording.statusOf(word)
  return status !== null && isEnd(status)
}

// Status, progress and message as we wrote them last (lua/mirror-hash.lua).
function markIn(fields: Fields): string[] {
  try {
    const mark: unknown = JSON.parse(fields.get('waybill_mark') ?? '[]')
    return Array.isArray(mark) ? mark.map(String) : []
  } catch {
    return [] // somebody wrote there by hand
  }
}

export function progressIn(wording: Wording, fields: Fields): ProgressNote {
  const progress = wording.fraction(fields.get(wording.name('progress') ?? '') ?? '')
  const message = fields.get(wording.name('progress_message') ?? '')
  return {
    ...(progress === null ? {} : { progress }),
    ...(message === undefined ? {} : { progressMessage: keepable(message) }),
  }
}

export function endWord(wording: Wording, record: JobRecord, status: Status, fields: Fields): Word {
  if (status === 'completed') return completion(wording, fields)
  if (status === 'cancelled' && record.cancelRequestedAt !== null) return { say: 'cancelled' }
  const message = keepable(fields.get(wording.name('error_message') ?? '') ?? `its worker said "${status}"`)
  return { say: 'fail', error: { code: 'worker_failed', message, publicMessage: message }, retry: 'never' }
}

// The fields that are no members of the job, as they are.
function completion(wording: Wording, fields: Fields): Word {
  const own = [...fields].filter(([name]) => !wording.owns(name))
  const result = own.length === 0 ? null : Object.fromEntries(own)
  const bytes = Buffer.byteLength(JSON.stringify(result))
  const fault = jsonFault(result)
  if (fault) return refused('worker_failed', `its result cannot be kept: ${fault.pointer} ${fault.detail}`)
  if (bytes <= limits.resultBytes) return { say: 'complete', result }
  return refused('result_too_large', `its result has ${bytes} bytes, the limit is ${limits.resultBytes}`)
}

function refused(code: string, message: string): Word {
  return { say: 'fail', error: { code, message }, retry: 'never' }
}

function keepable(text: string): string {
  return text.toWellFormed().replaceAll('\0', '').slice(0, messageLimit)
}

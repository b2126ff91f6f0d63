// How a job reads in a team's own words: which members it shows, under which names, with which words of status. Pure;
// used by every mirror and by dialects, so that a team says its words once.
import { isSnatched } from '../foreign/on-behalf.ts'
import { WaybillError } from '../job/errors.ts'
import type { JobRecord } from '../job/record.ts'
import { statuses, type Status } from '../job/status.ts'
import { isObject, type Json, type JsonObject } from '../lib/json.ts'
import { didYouMean } from '../lib/suggest.ts'
import { toWireTimeOrNull } from '../wire/time.ts'

/** Shown unless said otherwise. */
const usual = [
  'job_id',
  'status',
  'user_id',
  'created_at',
  'started_at',
  'completed_at',
  'progress',
  'progress_message',
  'error_message',
  'queue',
] as const
/** Shown when they are given a name. */
const more = ['type', 'title', 'subject', 'stage', 'updated_at', 'attempt', 'cancel_requested_at'] as const

export type Member = (typeof usual)[number] | (typeof more)[number]

const members: readonly Member[] = [...usual, ...more]

/** A result of more members than this is one field. */
const mostFields = 500

export interface WordingOptions {
  /** Names of members where they differ, such as `{ error_message: 'error' }`; null leaves one out. */
  fields?: Partial<Record<Member, string | null>>
  /** Words of status where they differ, such as `{ processing: 'IN_PROGRESS' }`. */
  status?: Partial<Record<Status, string>>
  /** `percent`: progress counts from 0 to 100. Default `fraction`: from 0 to 1. */
  progress?: 'fraction' | 'percent'
  /** `flat` (default): each top-level member of the result is a field; `nested`: all of it is the field `result`. */
  result?: 'flat' | 'nested'
}

export const wordingNames: readonly (keyof WordingOptions)[] = ['fields', 'status', 'progress', 'result']

export class Wording {
  readonly #names: ReadonlyMap<Member, string>
  readonly #words: Partial<Record<Status, string>>
  readonly #scale: number
  readonly #isNested: boolean

  /** Throws `bad_request` for a member or status that there is not. `where` names the bridge. */
  constructor({ fields = {}, status = {}, progress = 'fraction', result = 'flat' }: WordingOptions, where: string) {
    known(fields, members, `${where}: fields`)
    known(status, statuses, `${where}: status`)
    this.#names = new Map(members.flatMap((member) => nameOf(member, fields)))
    this.#words = status
    this.#scale = progress === 'percent' ? 100 : 1
    this.#isNested = result === 'nested'
  }

  /** What `member` is called; null when it is not shown. */
  name(member: Member): string | null {
    return this.#names.get(member) ?? null
  }

  word(status: Status): string {
    return this.#words[status] ?? status
  }

  /** The status that a foreign word means; null for one that is not known. */
  statusOf(word: string): Status | null {
    const named = statuses.find((status) => status === word)
    if (named && this.word(named) === word) return named
    return statuses.find((status) => this.word(status) === word) ?? named ?? null
  }

  /** A foreign progress as a fraction; null for what is no number. */
  fraction(text: string): number | null {
    const value = Number(text)
    return text.trim() === '' || !Number.isFinite(value) ? null : Math.min(1, Math.max(0, value / this.#scale))
  }

  /** The members that are shown, by name; null where there is nothing to say. */
  all(record: JobRecord): [string, Json][] {
    return [...this.#names].map(([member, name]) => [name, this.#value(record, member)])
  }

  /** Those of them that have a value. */
  fields(record: JobRecord): Map<string, Json> {
    return new Map(this.all(record).filter(([, value]) => value !== null))
  }

  /** The fields of the result, by name. A member of the job wins over one of the same name. */
  results({ status, result }: JobRecord): Map<string, Json> {
    if (status !== 'completed' || result === null) return new Map()
    const entries = isJsonObject(result) && !this.#isNested ? Object.entries(result) : []
    const all: [string, Json][] = entries.length === 0 || entries.length > mostFields ? [['result', result]] : entries
    const taken = new Set(this.#names.values())
    return new Map(all.filter(([name, value]) => value !== null && !isOurs(name) && !taken.has(name)))
  }

  /** Everything that has a value, as the fields of a hash: texts as they are, everything else as JSON. */
  texts(record: JobRecord): Map<string, string> {
    const all = [...this.fields(record), ...this.results(record)]
    return new Map(all.map(([name, value]) => [name, asText(value)]))
  }

  /** Whether a field of this name is a member of the job, or bookkeeping of ours. */
  owns(name: string): boolean {
    return isOurs(name) || [...this.#names.values()].includes(name)
  }

  #value(record: JobRecord, member: Member): Json {
    const { error, status, progress } = record
    if (isSnatched(record)) return this.#value({ ...record, status: 'pending', startedAt: null, lease: null }, member)
    if (member === 'status') return this.word(status)
    if (member === 'progress') return progress === null ? null : round(progress * this.#scale)
    if (member === 'error_message') return status === 'failed' ? (error?.message ?? null) : record.cancelReason
    return plain[member](record)
  }
}

type Plain = Exclude<Member, 'status' | 'progress' | 'error_message'>

const plain: Record<Plain, (record: JobRecord) => Json> = {
  job_id: ({ id }) => id,
  user_id: ({ userId }) => userId,
  created_at: ({ createdAt }) => toWireTimeOrNull(createdAt),
  started_at: ({ startedAt }) => toWireTimeOrNull(startedAt),
  completed_at: ({ completedAt }) => toWireTimeOrNull(completedAt),
  progress_message: ({ progressMessage }) => progressMessage,
  queue: ({ queue }) => queue,
  type: ({ type }) => type,
  title: ({ title }) => title,
  subject: ({ subject }) => subject,
  stage: ({ stage }) => stage,
  updated_at: ({ updatedAt }) => toWireTimeOrNull(updatedAt),
  attempt: ({ attempt }) => attempt,
  cancel_requested_at: ({ cancelRequestedAt }) => toWireTimeOrNull(cancelRequestedAt),
}

function nameOf(member: Member, fields: Partial<Record<Member, string | null>>): [Member, string][] {
  const given = fields[member]
  if (given !== undefined) return given === null ? [] : [[member, given]]
  return usual.some((one) => one === member) ? [[member, member]] : []
}

/** A value as a field of a hash. */
function asText(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function isJsonObject(value: Json): value is JsonObject {
  return isObject(value)
}

function isOurs(name: string): boolean {
  return name.startsWith('waybill_')
}

function round(value: number): number {
  return Math.round(value * 10_000) / 10_000
}

function known(given: object, names: readonly string[], where: string): void {
  const unknown = Object.keys(given).find((name) => !names.includes(name))
  if (unknown !== undefined)
    throw new WaybillError('bad_request', `${where}: there is no "${unknown}".${didYouMean(unknown, names)}`)
}

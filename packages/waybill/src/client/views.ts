// Jobs as this library shows them: the wire's words in camelCase, `job_id` as `id`. What is the application's own
// (input, result, metadata, fields of log lines) is left as it is.
import type { BatchView } from '../wire/batch-view.ts'
import type { EstimateView, JobView } from '../wire/job-view.ts'
import { networkError } from './errors.ts'

type Camel<S extends string> = S extends `${infer Head}_${infer Tail}` ? `${Head}${Capitalize<Camel<Tail>>}` : S
type Renamed<K> = K extends 'job_id' ? 'id' : K extends string ? Camel<K> : never
/** The members of a wire view under their camelCase names. */
export type CamelView<T> = { [K in keyof T as Renamed<K>]: T[K] }

/** A job as its owner sees it. Times are RFC 3339 texts, durations milliseconds. */
export type Job<Result = unknown> = Omit<CamelView<JobView>, 'result' | 'estimate'> & {
  result: Result | null
  /** Only while it runs, and where enough runs of its type are known. */
  estimate?: Estimate
}

/** How far a running job is likely to be, from the last runs of its type. */
export type Estimate = CamelView<EstimateView>

/** Good for watching the job it came with, and nothing else; for a browser. */
export interface ViewToken {
  viewToken: string
  /** RFC 3339; an hour from the submit at most. */
  viewTokenExpiresAt: string
}

/** How the jobs of a batch stand together. */
export type Batch = Omit<CamelView<BatchView>, 'onFinish'> & { onFinish: { type: string; jobId: string } | null }

const opaque = new Set(['input', 'result', 'metadata', 'fields', 'data'])

/** Any wire value with its members renamed, except inside what is the application's own. */
export function fromWire<T = unknown>(value: unknown): T
export function fromWire(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => fromWire(item))
  if (typeof value !== 'object' || value === null) return value
  const renamed: Record<string, unknown> = {}
  for (const [key, member] of Object.entries(value)) renamed[camel(key)] = opaque.has(key) ? member : fromWire(member)
  return renamed
}

/** The small event that comes when nothing but progress has changed. */
export type Progress = Pick<Job, 'id' | 'rev'> & Partial<Job>

/** The job in an answer. Throws when it is none: then something on the way gave the answer. */
export function jobOf(value: unknown): Job {
  const job = fromWire(value)
  return isProgress(job) && isJob(job) ? job : refuse()
}

/** The job in the answer to a submit that asked for a view token. */
export function jobWithToken(value: unknown): Job & ViewToken {
  const job = jobOf(value)
  return hasToken(job) ? job : refuse()
}

/** The same for the data of a progress event. */
export function progressOf(value: unknown): Progress {
  const progress = fromWire(value)
  return isProgress(progress) ? progress : refuse()
}

/** The job that an event is about. */
export function idOf(value: unknown): string {
  const event = fromWire(value)
  return hasId(event) ? event.id : refuse()
}

// Only the members that this library itself relies on; the rest is the server's word.
function hasId(value: unknown): value is Pick<Job, 'id'> & Partial<Job> {
  return typeof value === 'object' && value !== null && 'id' in value && typeof value.id === 'string'
}

function isProgress(value: unknown): value is Progress {
  return hasId(value) && typeof value.rev === 'number'
}

function isJob(value: Progress): value is Job {
  return typeof value.status === 'string'
}

function hasToken(job: Job): job is Job & ViewToken {
  return 'viewToken' in job && typeof job.viewToken === 'string' && 'viewTokenExpiresAt' in job
}

function refuse(): never {
  throw networkError('an answer came that is no job; is the url that of the API?')
}

/** A camelCase request as the wire wants it. */
export function toWire(value: object): Record<string, unknown> {
  const renamed: Record<string, unknown> = {}
  for (const [key, member] of entriesOf(value)) {
    const nested = typeof member === 'object' && member !== null && !Array.isArray(member) && !opaque.has(key)
    if (member !== undefined) renamed[snake(key)] = nested ? toWire(member) : member
  }
  return renamed
}

function entriesOf(value: object): [string, unknown][] {
  return Object.entries(value)
}

function camel(key: string): string {
  return key === 'job_id' ? 'id' : key.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
}

function snake(key: string): string {
  return key === 'id' ? 'job_id' : key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}

export function isEnded({ status }: Pick<Job, 'status'>): boolean {
  return status === 'completed' || status === 'failed' || status === 'cancelled'
}

// Sizes and shapes that everything from outside must keep (contract §2). Past them: too_large or bad_request, nothing stored.

type LimitName =
  | 'inputBytes'
  | 'resultBytes'
  | 'logLineBytes'
  | 'metadataBytes'
  | 'bodyBytes'
  | 'batchJobs'
  | 'lookupIds'
  | 'pageSize'
  | 'tags'
  | 'textLength'
  | 'logLines'
  | 'steps'
  | 'signals'
  | 'signalBytes'
  | 'waitMs'

const kib = 1024
const mib = 1024 * kib

export const limits: Readonly<Record<LimitName, number>> = {
  inputBytes: 256 * kib,
  resultBytes: 256 * kib,
  logLineBytes: 8 * kib,
  metadataBytes: 4 * kib,
  /** Body of one request, and of a batch. */
  bodyBytes: 4 * mib,
  batchJobs: 1_000,
  lookupIds: 200,
  pageSize: 200,
  tags: 20,
  textLength: 200,
  /** Log lines kept for one job. */
  logLines: 10_000,
  steps: 1_000,
  /** Signals kept for one job. */
  signals: 100,
  signalBytes: 64 * kib,
  /** The longest sleep or wait: a year. */
  waitMs: 366 * 86_400_000,
}

const jobIdShape = /^[A-Za-z0-9_-]{1,64}$/
const nameShape = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,99}$/

/** Words that stand where an id stands in the API's paths. */
const pathWords = new Set(['health', 'stats', 'lookup', 'batch', 'bulk', 'events'])

export function isJobId(text: string): boolean {
  return jobIdShape.test(text) && !pathWords.has(text)
}

/** Job types and queue names: letters, digits and `. _ : -`, at most 100. */
export function isName(text: string): boolean {
  return nameShape.test(text)
}

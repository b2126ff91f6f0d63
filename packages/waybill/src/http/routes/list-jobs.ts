// GET /jobs: lists by cursor or by numbered page, always within what the caller may see.
import type { JobFilter, ListPage } from '../../engine/engine.ts'
import { WaybillError } from '../../job/errors.ts'
import { limits } from '../../job/limits.ts'
import { isStatus, statuses, type Status } from '../../job/status.ts'
import { didYouMean } from '../../lib/suggest.ts'
import { jobListSchema } from '../../wire/schemas-views.ts'
import { mayAll, needScope } from '../access.ts'
import type { Call } from '../call.ts'
import { Query } from '../query.ts'
import { cursorOf, positionOf } from './cursor.ts'
import type { Route } from './route.ts'

const filters = {
  user_id: 'The owner; me is yourself. Others need jobs:read:any.',
  status: 'Statuses, separated by commas.',
  type: 'A job type.',
  queue: 'A queue.',
  subject: 'What the job is about.',
  tag: 'A tag.',
  batch: 'A batch_id.',
  schedule: 'A schedule_key.',
  parent: 'A parent_id.',
  created_after: 'RFC 3339.',
  created_before: 'RFC 3339.',
  text: 'Part of the title, type or id.',
}
const pages = {
  order: '-created_at (newest first, default) or created_at.',
  limit: `At most ${limits['pageSize']}, default 50.`,
  cursor: 'next_cursor of the page before.',
  page: 'Instead of a cursor: the number of the page, from 1.',
  page_size: 'With page: at most 100, default 20.',
}

export const listJobs: Route = {
  method: 'GET',
  path: '/jobs',
  summary: 'Jobs, newest first',
  scope: 'jobs:read',
  query: { ...filters, ...pages },
  answers: { 200: { description: 'A page. The Link header names the next one.', schema: jobListSchema } },
  problems: ['bad_request', 'bad_cursor', 'unauthenticated', 'token_expired', 'insufficient_scope'],
  handle: async (call) => {
    const query = new Query(call.query, [...Object.keys(filters), ...Object.keys(pages)])
    const filter = filterOf(call, query)
    const oldestFirst = query.oneOf('order', ['-created_at', 'created_at'] as const) === 'created_at'
    return query.has('page') || query.has('page_size')
      ? byPage(call, query, filter, oldestFirst)
      : byCursor(call, query, filter, oldestFirst)
  },
}

/** The filter that the query asks for, narrowed to what the caller may see. Throws 403 for another owner's jobs. */
export function filterOf(call: Call, query: Query): JobFilter {
  needScope(call.principal, 'read')
  const filter: JobFilter = {}
  const owner = ownerOf(call, query.text('user_id'))
  if (owner !== undefined) filter.userId = owner
  const status = query.texts('status', statuses.length)
  if (status) filter.status = status.map(statusOf)
  for (const [name, member] of texts) {
    const value = query.text(name)
    if (value !== undefined) filter[member] = value
  }
  for (const [name, member] of times) {
    const value = query.time(name)
    if (value !== undefined) filter[member] = value
  }
  return filter
}

const texts = [
  ['type', 'type'],
  ['queue', 'queue'],
  ['subject', 'subject'],
  ['tag', 'tag'],
  ['batch', 'batchId'],
  ['schedule', 'scheduleKey'],
  ['parent', 'parentId'],
  ['text', 'text'],
] as const
const times = [
  ['created_after', 'createdAfter'],
  ['created_before', 'createdBefore'],
] as const

/** Whose jobs may be meant; undefined: everybody's. */
export function ownerOf({ principal }: Call, asked: string | undefined): string | null | undefined {
  if (principal.jobs) throw denied('this token is for single jobs; ask for them by id')
  const owner = asked === 'me' ? principal.userId : asked
  if (mayAll(principal, 'read')) return owner
  if (principal.userId === null) throw denied('this key has no user; give it jobs:read:any')
  if (owner !== undefined && owner !== principal.userId)
    throw denied('you may list your own jobs only; leave user_id out')
  return principal.userId
}

function denied(detail: string): WaybillError {
  return new WaybillError('insufficient_scope', detail)
}

function statusOf(word: string): Status {
  if (isStatus(word)) return word
  const detail = `"${word.slice(0, 50)}" is no status.${didYouMean(word, statuses)}`
  throw new WaybillError('bad_request', detail, { errors: [{ pointer: '/query/status', detail }] })
}

async function byCursor(call: Call, query: Query, filter: JobFilter, oldestFirst: boolean): Promise<Response> {
  const limit = query.whole('limit', 1, limits['pageSize']) ?? 50
  const list = JSON.stringify([filter, oldestFirst])
  const cursor = query.text('cursor', 400)
  const after = cursor === undefined ? null : positionOf(list, cursor)
  const page = await call.server.parts.watch.list({ filter, limit, oldestFirst, after })
  const next = page.next === null ? null : cursorOf(list, page.next)
  const headers: Record<string, string> = next === null ? {} : { link: linkTo(call, { cursor: next }) }
  return call.json(200, `{"items":${await itemsJson(call, page)},"next_cursor":${JSON.stringify(next)}}`, headers)
}

async function byPage(call: Call, query: Query, filter: JobFilter, oldestFirst: boolean): Promise<Response> {
  const { watch } = call.server.parts
  for (const name of ['cursor', 'limit']) {
    if (query.has(name)) throw new WaybillError('bad_request', `give ${name} or page, not both`)
  }
  const page = query.whole('page', 1, 100_000) ?? 1
  const size = query.whole('page_size', 1, 100) ?? 20
  const counts = await watch.count(filter)
  const total = Object.values(counts).reduce((sum, n) => sum + n, 0)
  const found = await watch.list({ filter, limit: size, oldestFirst, offset: (page - 1) * size })
  const pages = Math.ceil(total / size)
  const headers: Record<string, string> = page < pages ? { link: linkTo(call, { page: String(page + 1) }) } : {}
  const tail = `"next_cursor":null,"page":${page},"page_size":${size},"total":${total},"total_pages":${pages}`
  return call.json(200, `{"items":${await itemsJson(call, found)},${tail}}`, headers)
}

async function itemsJson({ server }: Call, { records }: ListPage): Promise<string> {
  const items = await Promise.all(records.map((record) => server.parts.watch.json(record)))
  return `[${items.join(',')}]`
}

function linkTo(call: Call, changes: Record<string, string>): string {
  const query = new URLSearchParams(call.query)
  for (const [name, value] of Object.entries(changes)) query.set(name, value)
  return `<${call.server.parts.settings.basePath}/jobs?${query.toString()}>; rel="next"`
}

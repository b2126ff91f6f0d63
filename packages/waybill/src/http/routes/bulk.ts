// POST /jobs/bulk: cancel, retry or erase all jobs of a filter. The work is a job itself.
import type { JobFilter } from '../../engine/engine.ts'
import type { BulkWish } from '../../operate/bulk/wish.ts'
import { bulkBody, bulkSchema, type BulkFilterBody } from '../../wire/schemas-operations.ts'
import { needExactly } from '../access.ts'
import { readBody } from '../body.ts'
import type { Call } from '../call.ts'
import { audited } from './audit.ts'
import type { Route } from './route.ts'

export const bulkProblems: Route['problems'] = [
  ...(['bad_request', 'unauthenticated', 'insufficient_scope', 'too_large', 'unsupported_media_type'] as const),
  ...(['queue_full', 'engine_unavailable'] as const),
]
export const bulkAnswers: Route['answers'] = {
  200: { description: 'A dry run, or nothing matches: nothing was done.', schema: bulkSchema },
  202: { description: 'Stored as a job, which shows how far it is. Location names it.', schema: bulkSchema },
}

export const bulk: Route = {
  method: 'POST',
  path: '/jobs/bulk',
  summary: 'Cancel, retry or erase all jobs of a filter',
  scope: 'admin:write',
  body: { schema: bulkBody },
  answers: bulkAnswers,
  problems: bulkProblems,
  handle: async (call) => {
    needExactly(call.principal, 'admin:write')
    const { action, filter, max, dry_run: isDry = false } = await readBody(call.request, bulkBody)
    return bulkAnswer(call, { action, filter: bulkFilter(filter), ...(max === undefined ? {} : { max }) }, { isDry })
  },
}

interface How {
  isDry: boolean
  /** Called with how many match, before anything is done; throws to refuse. */
  check?: (matched: number) => void
}

/** Counts; and unless it is a dry run, stores the job that does it. */
export async function bulkAnswer(call: Call, wish: BulkWish, { isDry, check = () => {} }: How): Promise<Response> {
  const { operate, watch } = call.server.parts
  const preview = await operate.bulk.preview(wish)
  const answer = { action: wish.action, ...preview }
  if (isDry) return call.value(200, { ...answer, job: null })
  check(preview.matched)
  if (preview.matched === 0) return call.value(200, { ...answer, job: null })
  const detail = { filter: { ...wish.filter }, ...preview }
  await audited(call, `jobs.${wish.action}`, wish.filter.queue ?? null, detail)
  const job = await operate.bulk.start(wish, preview)
  const location = `${call.server.parts.settings.basePath}/jobs/${job.id}`
  return call.json(202, `${JSON.stringify(answer).slice(0, -1)},"job":${await watch.json(job)}}`, { location })
}

const renamed: Record<string, keyof JobFilter> = {
  user_id: 'userId',
  batch: 'batchId',
  schedule: 'scheduleKey',
  parent: 'parentId',
}
const times: Record<string, 'createdAfter' | 'createdBefore'> = {
  created_after: 'createdAfter',
  created_before: 'createdBefore',
}

/** The filter in the words of the engine. */
export function bulkFilter(body: BulkFilterBody): JobFilter {
  const filter: JobFilter = {}
  for (const [name, value] of Object.entries(body)) {
    const time = times[name]
    Object.assign(filter, { [time ?? renamed[name] ?? name]: time ? Date.parse(String(value)) : value })
  }
  return filter
}

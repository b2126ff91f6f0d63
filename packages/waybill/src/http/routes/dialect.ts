// Routes in a team's own words (bridges/dialect.ts): the same jobs, callers and rules as everywhere, in another shape.
import { z } from 'zod'
import type { Dialect, DialectPath, DialectRoute } from '../../bridges/dialect.ts'
import { WaybillError } from '../../job/errors.ts'
import type { JobRecord } from '../../job/record.ts'
import { isObject, type JsonObject } from '../../lib/json.ts'
import { requestOf } from '../../submit/enqueue-options.ts'
import { cancelWish } from '../../wire/requests.ts'
import { mayAll, needScope, type Verb } from '../access.ts'
import { readBody } from '../body.ts'
import type { Call } from '../call.ts'
import { retryAfter } from './answer.ts'
import { findJob, notFound } from './found.ts'
import type { Route } from './route.ts'
import { idempotencyOf, ownerFor } from './submitting.ts'

const anyBody = z.custom<JsonObject>(isObject, 'expected a JSON object')

const problems: Route['problems'] = [
  ...(['bad_request', 'unauthenticated', 'token_expired', 'insufficient_scope', 'not_found', 'job_expired'] as const),
]
const controlProblems: Route['problems'] = [...problems, 'job_finished', 'job_not_finished', 'engine_unavailable']
const submitProblems: Route['problems'] = [
  ...(['bad_request', 'unauthenticated', 'token_expired', 'insufficient_scope', 'unknown_type'] as const),
  ...([
    'too_large',
    'unsupported_media_type',
    'invalid_input',
    'queue_full',
    'draining',
    'engine_unavailable',
  ] as const),
]

export function dialectRoutes(dialect: Dialect): Route[] {
  return dialect.routes.map((route) => ({
    method: route.method,
    path: route.path,
    root: true,
    summary: summaryOf(route.what),
    answers: { [codeOf(route.what)]: { description: 'The job, in the words of its front end.' } },
    problems: route.what.submit ? submitProblems : route.what.do ? controlProblems : problems,
    reword: (problem) => dialect.problem(problem),
    handle: async (call) => shown(call, route.what, dialect, await jobOf(call, route)),
  }))
}

function summaryOf({ submit, do: verb, subject }: DialectPath): string {
  if (submit) return `Submit a job of the type ${submit}`
  return `${verb === 'cancel' ? 'Cancel' : verb === 'retry' ? 'Retry' : 'The status of'} ${subject ? `the newest job about ${subject}` : 'a job'}`
}

function codeOf({ code, submit }: DialectPath): number {
  return code ?? (submit ? 202 : 200)
}

function shown(call: Call, what: DialectPath, dialect: Dialect, record: JobRecord): Response {
  const again = retryAfter(record, call.server.parts.watch.now())
  return call.value(codeOf(what), dialect.body(record), again === null ? {} : { 'retry-after': again })
}

async function jobOf(call: Call, { what, id }: DialectRoute): Promise<JobRecord> {
  if (what.submit !== undefined) return submitted(call, what, what.submit)
  const record = await found(call, what, id, what.do ? 'control' : 'read')
  if (what.type !== undefined && record.type !== what.type) throw notFound()
  const { control } = call.server.parts
  if (what.do === 'cancel') return (await control.cancel(record.id, cancelWish({}))).record
  return what.do === 'retry' ? control.retry(record.id, {}) : record
}

async function found(call: Call, { subject, type }: DialectPath, id: string, verb: Verb): Promise<JobRecord> {
  if (subject === undefined) return (await findJob(call, call.param(id), verb)).record
  needScope(call.principal, verb)
  const filter = {
    subject: subject.replaceAll(/\{(\w+)\}/g, (_, name: string) => call.param(name)),
    ...(type === undefined ? {} : { type }),
    ...(mayAll(call.principal, verb) ? {} : { userId: call.principal.userId }),
  }
  const { records } = await call.server.parts.watch.list({ filter, limit: 1 })
  const [newest] = records
  if (!newest) throw notFound()
  return (await findJob(call, newest.id, verb)).record
}

async function submitted(call: Call, { input, options }: DialectPath, type: string): Promise<JobRecord> {
  needScope(call.principal, 'submit')
  const { jobs, submit } = call.server.parts
  const definition = jobs.get(type)
  if (!definition) throw new WaybillError('unknown_type', `there is no job type "${type}" here`)
  const body = await readBody(call.request, anyBody)
  const userId = ownerFor(call, undefined)
  const said = options?.(body) ?? {}
  const request = requestOf(definition, input === undefined ? body : (body[input] ?? null), said)
  const idempotency = idempotencyOf(call, `${call.request.method} ${new URL(call.request.url).pathname}`)
  const { record } = await submit.submit({
    ...request,
    userId: said.userId ?? userId,
    ...(idempotency ? { idempotency } : {}),
  })
  return record
}

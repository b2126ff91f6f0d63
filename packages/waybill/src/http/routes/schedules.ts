// /schedules: jobs that are submitted by the clock. Operators' business.
import type { Schedule } from '../../wire/schedule.ts'
import { scheduleBody, scheduleListSchema, scheduleSchema, scheduleView } from '../../wire/schedule.ts'
import { jobSchema } from '../../wire/schemas-views.ts'
import { needExactly } from '../access.ts'
import { readBody } from '../body.ts'
import type { Call } from '../call.ts'
import type { Route } from './route.ts'

const reading: Route['problems'] = ['unauthenticated', 'token_expired', 'insufficient_scope', 'engine_unavailable']
const naming: Route['problems'] = [...reading, 'not_found']
const submitting: Route['problems'] = ['unknown_type', 'invalid_input', 'too_large']

const read = 'admin:read'
const write = 'admin:write'
const shown = 5

export const listSchedules: Route = {
  method: 'GET',
  path: '/schedules',
  summary: 'Schedules, by key',
  scope: read,
  answers: { 200: { description: 'All, each with its next run.', schema: scheduleListSchema } },
  problems: reading,
  handle: async (call) => {
    needExactly(call.principal, read)
    const { schedules, engine } = call.server.parts
    const now = engine.now()
    return call.value(200, { items: (await schedules.list()).map((one) => scheduleView(one, now, 1)) })
  },
}

export const getSchedule: Route = {
  method: 'GET',
  path: '/schedules/{key}',
  summary: 'A schedule and its next runs',
  scope: read,
  answers: { 200: { description: 'With its next five runs.', schema: scheduleSchema } },
  problems: naming,
  handle: async (call) => {
    needExactly(call.principal, read)
    return answer(call, 200, await call.server.parts.schedules.get(call.jobId))
  },
}

export const putSchedule: Route = {
  method: 'PUT',
  path: '/schedules/{key}',
  summary: 'Make a schedule, or make an existing one like this',
  scope: write,
  body: { schema: scheduleBody },
  answers: {
    200: { description: 'It existed; now it is like this.', schema: scheduleSchema },
    201: { description: 'Made.', schema: scheduleSchema },
  },
  problems: [...reading, 'bad_request', 'unsupported_media_type', ...submitting],
  handle: async (call) => {
    needExactly(call.principal, write)
    const body = await readBody(call.request, scheduleBody)
    const { schedule, created } = await call.server.parts.schedules.put(call.jobId, body)
    return answer(call, created ? 201 : 200, schedule)
  },
}

export const deleteSchedule: Route = {
  method: 'DELETE',
  path: '/schedules/{key}',
  summary: 'Forget a schedule; jobs that it made stay',
  scope: write,
  answers: { 204: { description: 'Forgotten.' } },
  problems: naming,
  handle: async (call) => {
    needExactly(call.principal, write)
    await call.server.parts.schedules.remove(call.jobId)
    return new Response(null, { status: 204, headers: call.headers() })
  },
}

export const triggerSchedule: Route = {
  method: 'POST',
  path: '/schedules/{key}/trigger',
  summary: 'Submit the job of a schedule now, besides its slots',
  scope: write,
  answers: { 202: { description: 'Stored. Location names the job.', schema: jobSchema } },
  problems: [...naming, ...submitting, 'queue_full'],
  handle: async (call) => {
    needExactly(call.principal, write)
    const { schedules, watch, settings } = call.server.parts
    const record = await schedules.trigger(call.jobId)
    call.server.metrics.submitted(record.queue, record.type)
    return call.json(202, await watch.json(record), { location: `${settings.basePath}/jobs/${record.id}` })
  },
}

export const pauseSchedule: Route = turned('pause', true, 'Pause a schedule: its slots pass without a job')
export const resumeSchedule: Route = turned(
  'resume',
  false,
  'End a pause; slots that passed meanwhile are not made up for',
)

function turned(verb: string, paused: boolean, summary: string): Route {
  return {
    method: 'POST',
    path: `/schedules/{key}/${verb}`,
    summary,
    scope: write,
    answers: { 200: { description: 'So it is.', schema: scheduleSchema } },
    problems: naming,
    handle: async (call) => {
      needExactly(call.principal, write)
      return answer(call, 200, await call.server.parts.schedules.pause(call.jobId, paused))
    },
  }
}

function answer(call: Call, status: number, schedule: Schedule): Response {
  return call.value(status, scheduleView(schedule, call.server.parts.engine.now(), shown))
}

// The schemas of all routes as JSON Schema, each under one name, so that the document refers instead of repeating.
import { z } from 'zod'
import { batchSchema, retriedBatchSchema, submittedBatchSchema } from '../../wire/batch-view.ts'
import { batchBody, cancelBody, lookupBody, rerunBody, signalBody, submitBody, tokenBody } from '../../wire/schemas.ts'
import * as operations from '../../wire/schemas-operations.ts'
import { scheduleBody, scheduleListSchema, scheduleSchema } from '../../wire/schedule.ts'
import * as work from '../../wire/worker-schemas.ts'
import * as views from '../../wire/schemas-views.ts'
import type { Route } from '../routes/route.ts'

const named: [string, z.ZodType][] = [
  ['Job', views.jobSchema],
  ['SubmittedJob', views.submittedSchema],
  ['OperatorJob', views.operatorJobSchema],
  ['Attempt', views.attemptSchema],
  ['Step', views.stepSchema],
  ['TimelineEntry', views.timelineSchema],
  ['LogLine', views.logSchema],
  ['Problem', views.problemSchema],
  ['JobList', views.jobListSchema],
  ['Lookup', views.lookupSchema],
  ['Counts', views.countsSchema],
  ['Health', views.healthSchema],
  ['Token', views.tokenSchema],
  ['Schedule', scheduleSchema],
  ['ScheduleList', scheduleListSchema],
  ['Batch', batchSchema],
  ['SubmittedBatch', submittedBatchSchema],
  ['RetriedBatch', retriedBatchSchema],
  ['BatchRequest', batchBody],
  ['SubmitRequest', submitBody],
  ['ScheduleRequest', scheduleBody],
  ['CancelRequest', cancelBody],
  ['RetryRequest', rerunBody],
  ['SignalRequest', signalBody],
  ['LookupRequest', lookupBody],
  ['TokenRequest', tokenBody],
  ['LeaseRequest', work.leaseBody],
  ['Leases', work.leaseAnswer],
  ['HeartbeatRequest', work.heartbeatBody],
  ['Heartbeat', work.heartbeatAnswer],
  ['ProgressRequest', work.progressBody],
  ['LogsRequest', work.logsBody],
  ['StepRequest', work.stepBody],
  ['CompleteRequest', work.completeBody],
  ['FailRequest', work.failBody],
  ['CancelledRequest', work.cancelledBody],
  ['ReleaseRequest', work.releaseBody],
  ['Kept', work.revAnswer],
  ['Ended', work.endAnswer],
  ['Queue', operations.queueSchema],
  ['QueueLimitsRequest', operations.queuePatchBody],
  ['Bulk', operations.bulkSchema],
  ['BulkRequest', operations.bulkBody],
  ['DeadLetters', views.dlqSchema],
  ['RetryDeadLettersRequest', operations.dlqRetryBody],
  ['DiscardDeadLettersRequest', operations.dlqDiscardBody],
  ['Worker', operations.workerSchema],
  ['Scaling', operations.scalingSchema],
  ['JobType', operations.typeSchema],
  ['Audit', operations.auditSchema],
]

export interface Components {
  schemas: Record<string, object>
  /** The reference to a schema of a route. */
  ref(schema: z.ZodType): { $ref: string }
}

export function components(routes: readonly Route[]): Components {
  const names = new Map<z.ZodType, string>(named.map(([name, schema]) => [schema, name]))
  for (const route of routes) {
    for (const { schema } of Object.values(route.answers)) {
      if (schema && !names.has(schema)) names.set(schema, `${pascal(route.path)}Items`)
    }
  }
  const registry = z.registry<{ id: string }>()
  for (const [schema, id] of names) registry.add(schema, { id })
  const uri = (id: string) => `#/components/schemas/${id}`
  const { schemas } = z.toJSONSchema(registry, { uri, unrepresentable: 'any', io: 'input' })
  return {
    schemas: Object.fromEntries(Object.entries(schemas).map(([id, schema]) => [id, withoutIds(schema)])),
    ref: (schema) => ({ $ref: uri(names.get(schema) ?? 'unknown') }),
  }
}

function withoutIds({ $schema: _s, $id: _i, ...schema }: Record<string, unknown>): object {
  return schema
}

export function pascal(path: string): string {
  const words = path.replaceAll(/\{(\w+)\}/g, '').split(/[^A-Za-z]+/)
  return words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('')
}

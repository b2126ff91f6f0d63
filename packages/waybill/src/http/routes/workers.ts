// GET /workers, POST /workers/{worker_id}/quiet and …/terminate.
import type { WorkerOrder } from '../../engine/worker-order.ts'
import { WaybillError } from '../../job/errors.ts'
import type { WorkerState } from '../../operate/staff.ts'
import { workerSchema } from '../../wire/schemas-operations.ts'
import { itemsOf } from '../../wire/schemas-views.ts'
import { toWireTime } from '../../wire/time.ts'
import { needExactly } from '../access.ts'
import { audited } from './audit.ts'
import type { Route } from './route.ts'

export const workers: Route = {
  method: 'GET',
  path: '/workers',
  summary: 'The workers there are',
  scope: 'admin:read',
  answers: { 200: { description: 'Those that have been heard of lately.', schema: itemsOf(workerSchema) } },
  problems: ['unauthenticated', 'insufficient_scope'],
  handle: async (call) => {
    needExactly(call.principal, 'admin:read')
    return call.value(200, { items: (await call.server.parts.operate.staff.list()).map(viewOf) })
  },
}

function telling(order: WorkerOrder, summary: string): Route {
  return {
    method: 'POST',
    path: `/workers/{worker_id}/${order}`,
    summary,
    scope: 'admin:write',
    answers: { 202: { description: 'Told; the worker obeys within a few seconds.', schema: workerSchema } },
    problems: ['unauthenticated', 'insufficient_scope', 'not_found', 'engine_unavailable'],
    handle: async (call) => {
      needExactly(call.principal, 'admin:write')
      const { staff } = call.server.parts.operate
      const worker = await staff.get(call.param('worker_id'))
      if (!worker) throw new WaybillError('not_found', 'there is no such worker (any more); GET /workers lists them')
      await audited(call, `worker.${order}`, worker.id, { name: worker.name })
      await staff.tell(worker, order)
      return call.value(202, viewOf({ ...worker, order: worker.order === 'terminate' ? 'terminate' : order }))
    },
  }
}

export const quietWorker: Route = telling('quiet', 'Tell a worker to take no more jobs and finish those that run')
export const terminateWorker: Route = telling('terminate', 'Tell a worker to stop, within the grace of a shutdown')

function viewOf({ id, startedAt, heartbeatAt, order, name, queues, slots }: WorkerState): object {
  return {
    worker_id: id,
    name,
    queues,
    slots,
    started_at: toWireTime(startedAt),
    heartbeat_at: toWireTime(heartbeatAt),
    command: order ?? 'continue',
  }
}

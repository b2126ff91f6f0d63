// The dead letters of a queue: its failed jobs. GET /queues/{queue}/dlq, POST …/retry, DELETE.
import type { ListPage } from '../../engine/engine.ts'
import { limits } from '../../job/limits.ts'
import { refused, type BulkWish } from '../../operate/bulk/wish.ts'
import { dlqDiscardBody, dlqRetryBody, type FilterBody } from '../../wire/schemas-operations.ts'
import { dlqSchema } from '../../wire/schemas-views.ts'
import { needExactly } from '../access.ts'
import { readOptionalBody } from '../body.ts'
import type { Call } from '../call.ts'
import { Query } from '../query.ts'
import { noWait } from '../../watch/entry.ts'
import { operatorView } from './answer.ts'
import { bulkAnswer, bulkAnswers, bulkFilter, bulkProblems } from './bulk.ts'
import { cursorOf, positionOf } from './cursor.ts'
import { findQueue } from './queues.ts'
import type { Route } from './route.ts'

export const dlq: Route = {
  method: 'GET',
  path: '/queues/{queue}/dlq',
  summary: 'The failed jobs of a queue, newest first, as operators see them',
  scope: 'admin:read',
  query: {
    type: 'A job type.',
    user_id: 'An owner.',
    limit: `At most ${limits['pageSize']}, default 50.`,
    cursor: 'next_cursor of the page before.',
  },
  answers: { 200: { description: 'A page.', schema: dlqSchema } },
  problems: ['bad_request', 'bad_cursor', 'unauthenticated', 'insufficient_scope', 'not_found'],
  handle: async (call) => {
    needExactly(call.principal, 'admin:read')
    const query = new Query(call.query, ['type', 'user_id', 'limit', 'cursor'])
    const { name } = await findQueue(call)
    const filter = deadIn(name, given({ type: query.text('type'), user_id: query.text('user_id') }))
    const list = JSON.stringify(filter)
    const cursor = query.text('cursor', 400)
    const after = cursor === undefined ? null : positionOf(list, cursor)
    const limit = query.whole('limit', 1, limits['pageSize']) ?? 50
    const page = await call.server.parts.watch.list({ filter, limit, after })
    const next = page.next === null ? null : cursorOf(list, page.next)
    return call.value(200, { items: viewsOf(call, page), next_cursor: next })
  },
}

export const retryDlq: Route = {
  method: 'POST',
  path: '/queues/{queue}/dlq/retry',
  summary: 'Run the failed jobs of a queue again',
  scope: 'admin:write',
  body: { schema: dlqRetryBody, optional: true },
  answers: bulkAnswers,
  problems: [...bulkProblems, 'not_found'],
  handle: async (call) => {
    needExactly(call.principal, 'admin:write')
    const { filter, max, dry_run: isDry = false } = await readOptionalBody(call.request, dlqRetryBody)
    const wish: BulkWish = { action: 'retry', filter: deadIn((await findQueue(call)).name, filter) }
    return bulkAnswer(call, max === undefined ? wish : { ...wish, max }, { isDry })
  },
}

export const discardDlq: Route = {
  method: 'DELETE',
  path: '/queues/{queue}/dlq',
  summary: 'Erase the failed jobs of a queue; confirm says how many there are',
  scope: 'admin:write',
  body: { schema: dlqDiscardBody, optional: true },
  answers: bulkAnswers,
  problems: [...bulkProblems, 'not_found'],
  handle: async (call) => {
    needExactly(call.principal, 'admin:write')
    const { filter, confirm, dry_run: isDry = false } = await readOptionalBody(call.request, dlqDiscardBody)
    const wish: BulkWish = { action: 'purge', filter: deadIn((await findQueue(call)).name, filter) }
    return bulkAnswer(call, wish, { isDry, check: (matched) => needConfirmed(matched, confirm) })
  },
}

function needConfirmed(matched: number, confirm: number | undefined): void {
  if (confirm === matched) return
  const given = confirm === undefined ? '' : `, not ${confirm}`
  throw refused('/confirm', `${matched} jobs match${given}; send "confirm": ${matched} to erase them`)
}

function deadIn(queue: string, filter: FilterBody = {}): BulkWish['filter'] {
  return { ...bulkFilter(filter), queue, status: ['failed'] }
}

function given(members: Record<string, string | undefined>): FilterBody {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined))
}

function viewsOf({ server }: Call, { records }: ListPage): object[] {
  const { watch, settings } = server.parts
  return records.map((record) => operatorView(record, settings.basePath, watch.now(), noWait))
}

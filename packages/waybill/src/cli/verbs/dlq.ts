// `waybill dlq <queue>`, `dlq retry <queue>`, `dlq discard <queue>`: the failed jobs of a queue.
import { isObject } from '../../lib/json.ts'
import { bulkFlags, filterIn, runBulk } from '../bulk.ts'
import { exitCodes, UsageError, type ExitCode } from '../exit.ts'
import { withApi } from '../open.ts'
import { printItems, textIn } from '../print.ts'
import type { Setting, Verb } from '../verb.ts'

export const dlq: Verb = {
  usage: '<queue> | retry <queue> | discard <queue>',
  words: 2,
  summary: 'failed jobs of a queue: list, retry, erase',
  flags: { limit: { type: 'string', value: 'N', help: 'list at most so many (default 50, most 200)' }, ...bulkFlags },
  run(setting) {
    const { args } = setting
    const [word, queue] = [args.need(0, '<queue>, retry or discard'), args.positionals[1]]
    if (queue === undefined && !['retry', 'discard'].includes(word)) return list(setting, pathOf(word))
    const path = pathOf(args.need(1, '<queue>'))
    const body = { filter: filterIn(args) }
    if (word === 'retry') {
      const question = (n: number) => `Retry ${n} failed jobs of queue ${queue}`
      return runBulk(setting, { method: 'POST', path: `${path}/retry`, body, question })
    }
    if (word !== 'discard') throw new UsageError(`dlq: unknown action "${word}"; it is retry or discard`)
    if (args.text('max') !== undefined) throw new UsageError('dlq discard: --max is for retry')
    const question = (n: number) => `Erase ${n} failed jobs of queue ${queue}`
    return runBulk(setting, { method: 'DELETE', path, body, question, confirms: true })
  },
}

function pathOf(queue: string): string {
  return `/queues/${encodeURIComponent(queue)}/dlq`
}

async function list(setting: Setting, path: string): Promise<ExitCode> {
  const { args } = setting
  const query = new URLSearchParams({ limit: String(args.number('limit') ?? 50) })
  for (const [flag, name] of [['type', 'type'] as const, ['user', 'user_id'] as const]) {
    const value = args.text(flag)
    if (value !== undefined) query.set(name, value)
  }
  const page = await withApi(setting, ({ transport }) => transport.json(`${path}?${query.toString()}`))
  printItems(page, ['JOB', 'TYPE', 'OWNER', 'FAILED', 'ERROR'], rowOf, setting)
  return exitCodes.ok
}

function rowOf(job: Record<string, unknown>): string[] {
  const error = isObject(job['error']) ? job['error'] : {}
  const inside = isObject(error['internal']) ? textIn(error['internal'], 'message') : ''
  const text = `${textIn(error, 'code')}: ${inside || textIn(error, 'message')}`
  return [textIn(job, 'job_id'), textIn(job, 'type'), textIn(job, 'user_id'), textIn(job, 'completed_at'), text]
}

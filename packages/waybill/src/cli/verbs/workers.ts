// `waybill workers`, `workers quiet|terminate <id>`
import { didYouMean } from '../../lib/suggest.ts'
import { commonFlags, remoteFlags } from '../args.ts'
import { exitCodes, UsageError } from '../exit.ts'
import { withApi } from '../open.ts'
import { printItems, textIn } from '../print.ts'
import type { Setting, Verb } from '../verb.ts'

const actions = ['quiet', 'terminate']

export const workers: Verb = {
  usage: '[quiet|terminate <id>]',
  words: 2,
  summary: 'workers: who they are; tell one to take no more jobs, or to stop',
  flags: { yes: { type: 'boolean', help: 'do not ask' }, ...remoteFlags, ...commonFlags },
  async run(setting) {
    const [action] = setting.args.positionals
    if (action !== undefined && !actions.includes(action))
      throw new UsageError(`workers: unknown action "${action}".${didYouMean(action, actions)}`)
    const path = action === undefined ? '/workers' : await orderPath(setting, action)
    const method = action === undefined ? 'GET' : 'POST'
    const page = await withApi(setting, ({ transport }) => transport.json(path, { method }))
    printItems(page, ['WORKER', 'NAME', 'QUEUES', 'SLOTS', 'TOLD', 'HEARTBEAT'], rowOf, setting)
    return exitCodes.ok
  },
}

async function orderPath({ args, terminal }: Setting, action: string): Promise<string> {
  const id = args.need(1, '<id> of the worker')
  const mayAsk = action === 'terminate' && !args.on('yes')
  if (mayAsk && !(await terminal.confirm(`Terminate 1 worker, ${id}?`)))
    throw new UsageError('workers terminate: not confirmed; add --yes to do it without asking')
  return `/workers/${encodeURIComponent(id)}/${action}`
}

function rowOf(worker: Record<string, unknown>): string[] {
  const queues = Array.isArray(worker['queues']) ? worker['queues'].map(String) : []
  return [
    textIn(worker, 'worker_id'),
    textIn(worker, 'name'),
    queues.length === 0 ? 'all' : queues.join(','),
    String(worker['slots']),
    textIn(worker, 'command'),
    textIn(worker, 'heartbeat_at'),
  ]
}

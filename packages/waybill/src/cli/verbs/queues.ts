// `waybill queues`, `queues pause|resume|drain <queue>`, `queues limit <queue> --concurrency N …`
import { spokenDuration } from '../../lib/duration.ts'
import { isObject } from '../../lib/json.ts'
import { didYouMean } from '../../lib/suggest.ts'
import { commonFlags, remoteFlags, type Args } from '../args.ts'
import { exitCodes, UsageError } from '../exit.ts'
import { withApi } from '../open.ts'
import { printItems, textIn } from '../print.ts'
import type { Verb } from '../verb.ts'

/** Flag → limit. */
const limits: Record<string, string> = {
  concurrency: 'concurrency',
  'per-user': 'per_user_concurrency',
  rate: 'rate_per_minute',
  'max-pending': 'max_pending',
}
const actions = ['pause', 'resume', 'drain', 'limit']
const headings = ['QUEUE', 'STATE', 'PENDING', 'RUNNING', 'SCHEDULED', 'FAILED', 'OLDEST', 'PER MIN', 'WORKERS']

export const queues: Verb = {
  usage: '[pause|resume|drain <queue>] | limit <queue> --concurrency N …',
  words: 2,
  summary: 'queues: how they stand; pause, resume, drain, limit one',
  more: 'pause: workers begin none of its jobs. drain: it takes no new jobs, those that are there go on. resume ends both.',
  flags: {
    concurrency: { type: 'string', value: 'N', help: 'limit: jobs that run at once; none takes the limit away' },
    'per-user': { type: 'string', value: 'N', help: 'limit: jobs of one owner that run at once' },
    rate: { type: 'string', value: 'N', help: 'limit: jobs that begin in a minute' },
    'max-pending': { type: 'string', value: 'N', help: 'limit: jobs that may wait' },
    ...remoteFlags,
    ...commonFlags,
  },
  async run(setting) {
    const { args } = setting
    const [action] = args.positionals
    const page = await withApi(setting, async ({ transport }) => {
      if (action === undefined) return transport.json('/queues')
      if (!actions.includes(action))
        throw new UsageError(`queues: unknown action "${action}".${didYouMean(action, actions)}`)
      const path = `/queues/${encodeURIComponent(args.need(1, '<queue>'))}`
      if (action === 'limit') return transport.json(path, { method: 'PATCH', body: { limits: limitsIn(args) } })
      return transport.json(`${path}/${action}`, { method: 'POST' })
    })
    printItems(page, headings, rowOf, setting)
    return exitCodes.ok
  },
}

function limitsIn(args: Args): Record<string, number | null> {
  const said: Record<string, number | null> = {}
  for (const [flag, limit] of Object.entries(limits)) {
    if (args.text(flag) === 'none') said[limit] = null
    else if (args.text(flag) !== undefined) said[limit] = args.number(flag) ?? null
  }
  if (Object.keys(said).length > 0) return said
  throw new UsageError(
    `queues limit: say which limit: ${Object.keys(limits)
      .map((flag) => `--${flag}`)
      .join(', ')}`,
  )
}

function rowOf(queue: Record<string, unknown>): string[] {
  const counts = isObject(queue['counts']) ? queue['counts'] : {}
  const oldest = queue['oldest_pending_ms']
  const state = [queue['paused'] === true ? 'paused' : '', queue['draining'] === true ? 'draining' : '']
  return [
    textIn(queue, 'name'),
    state.filter((word) => word !== '').join(', ') || 'open',
    ...['pending', 'processing', 'scheduled', 'failed'].map((status) => String(counts[status])),
    typeof oldest === 'number' ? spokenDuration(oldest) : '',
    Number(queue['per_minute']).toFixed(1),
    String(queue['workers']),
  ]
}

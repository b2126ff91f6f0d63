// `waybill stats`
import { spokenDuration } from '../../lib/duration.ts'
import { isObject } from '../../lib/json.ts'
import { commonFlags, remoteFlags } from '../args.ts'
import { exitCodes } from '../exit.ts'
import { withApi } from '../open.ts'
import { printTable } from '../print.ts'
import type { Terminal } from '../terminal.ts'
import type { Verb } from '../verb.ts'

/** Flag → parameter of GET /stats. */
const parameters: Record<string, string> = {
  window: 'window',
  by: 'by',
  queue: 'queue',
  type: 'type',
  user: 'user_id',
}

export const stats: Verb = {
  usage: '[--window 1h] [--by type|queue]',
  words: 0,
  summary: 'how jobs fared of late: throughput, success, waits and runs',
  flags: {
    window: { type: 'string', value: 'TIME', help: 'of how long: 1m to 7d (default 1h)' },
    by: { type: 'string', value: 'WORD', help: 'type or queue: one row each (default: type on a terminal)' },
    queue: { type: 'string', value: 'NAME', help: 'jobs of this queue' },
    type: { type: 'string', value: 'TYPE', help: 'jobs of this type' },
    user: { type: 'string', value: 'ID', help: 'jobs of this owner' },
    ...remoteFlags,
    ...commonFlags,
  },
  async run(setting) {
    const { args, terminal } = setting
    const isTable = terminal.tty && !args.on('json')
    const query = new URLSearchParams(isTable ? { by: 'type' } : {})
    for (const [flag, parameter] of Object.entries(parameters)) {
      const value = args.text(flag)
      if (value !== undefined) query.set(parameter, value)
    }
    const found = await withApi(setting, ({ transport }) => transport.json(`/stats?${query.toString()}`))
    if (isTable) print(found, terminal)
    else terminal.out(`${JSON.stringify(found)}\n`)
    return exitCodes.ok
  },
}

function print(found: unknown, terminal: Terminal): void {
  if (!isObject(found) || !Array.isArray(found['items'])) return
  terminal.say(
    `Jobs that ended within ${spokenDuration(Number(found['covers_ms']))}, waits and runs as p50 / p95 / p99:`,
  )
  const headings = [textOf(found['by'], '').toUpperCase(), 'ENDED', 'PER MIN', 'SUCCESS', 'WAIT', 'RUN']
  printTable(headings, found['items'].filter(isObject).map(rowOf), terminal)
}

function rowOf(item: Record<string, unknown>): string[] {
  const ratio = item['success_ratio']
  return [
    textOf(item['key'], 'all'),
    String(item['finished']),
    Number(item['per_minute']).toFixed(1),
    typeof ratio === 'number' ? `${(ratio * 100).toFixed(1)} %` : '',
    spans(item['wait_ms']),
    spans(item['run_ms']),
  ]
}

function textOf(value: unknown, other: string): string {
  return typeof value === 'string' ? value : other
}

function spans(quantiles: unknown): string {
  if (!isObject(quantiles)) return ''
  return [quantiles['p50'], quantiles['p95'], quantiles['p99']].map((ms) => spokenDuration(Number(ms))).join(' / ')
}

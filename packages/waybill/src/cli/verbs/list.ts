// `waybill list`
import { isObject } from '../../lib/json.ts'
import { commonFlags, remoteFlags } from '../args.ts'
import { exitCodes } from '../exit.ts'
import { withApi } from '../open.ts'
import { printTable } from '../print.ts'
import type { Terminal } from '../terminal.ts'
import type { Verb } from '../verb.ts'

/** Flag → parameter of GET /jobs. */
const filters: Record<string, string> = {
  status: 'status',
  user: 'user_id',
  type: 'type',
  queue: 'queue',
  subject: 'subject',
  tag: 'tag',
  cursor: 'cursor',
}

export const list: Verb = {
  usage: '[--status a,b] [--user ID] [--limit N]',
  words: 0,
  summary: 'list jobs, newest first',
  flags: {
    status: { type: 'string', value: 'WORDS', help: 'such as failed or pending,scheduled' },
    user: { type: 'string', value: 'ID', help: 'jobs of this owner' },
    type: { type: 'string', value: 'TYPE', help: 'jobs of this type' },
    queue: { type: 'string', value: 'NAME', help: 'jobs of this queue' },
    subject: { type: 'string', value: 'TEXT', help: 'jobs about this' },
    tag: { type: 'string', value: 'TAG', help: 'jobs with this tag' },
    limit: { type: 'string', value: 'N', help: 'at most so many (default 50, most 200)' },
    cursor: { type: 'string', value: 'CURSOR', help: 'go on after the page before' },
    ...remoteFlags,
    ...commonFlags,
  },
  async run(setting) {
    const { args, terminal } = setting
    const query = new URLSearchParams({ limit: String(args.number('limit') ?? 50) })
    for (const [flag, parameter] of Object.entries(filters)) {
      const value = args.text(flag)
      if (value !== undefined) query.set(parameter, value)
    }
    const page = await withApi(setting, ({ transport }) => transport.json(`/jobs?${query.toString()}`))
    printPage(page, terminal, args.on('json'))
    return exitCodes.ok
  },
}

function printPage(page: unknown, terminal: Terminal, json: boolean): void {
  if (json || !terminal.tty || !isObject(page) || !Array.isArray(page['items']))
    return terminal.out(`${JSON.stringify(page)}\n`)
  printTable(['JOB', 'STATUS', '', 'TYPE', 'OWNER', 'CREATED'], page['items'].filter(isObject).map(rowOf), terminal)
  if (typeof page['next_cursor'] === 'string') terminal.say(`more: --cursor ${page['next_cursor']}`)
}

function rowOf(view: Record<string, unknown>): string[] {
  const cell = (name: string) => (typeof view[name] === 'string' ? view[name] : '')
  const progress = typeof view['progress'] === 'number' ? `${Math.floor(view['progress'] * 100)} %` : ''
  return [cell('job_id'), cell('status'), progress, cell('type'), cell('user_id'), cell('created_at')]
}

// The verbs about jobs that exist: get, watch, list, result, logs, cancel, retry.
import { toMs } from '../../lib/duration.ts'
import { isObject } from '../../lib/json.ts'
import { commonFlags, remoteFlags, type Flags } from '../args.ts'
import { exitCodes, UsageError } from '../exit.ts'
import { follow } from '../follow.ts'
import { withApi } from '../open.ts'
import { printJob, printTable } from '../print.ts'
import type { Terminal } from '../terminal.ts'
import type { Verb } from '../verb.ts'

const shared: Flags = { ...remoteFlags, ...commonFlags }
const pathOf = (id: string) => `/jobs/${encodeURIComponent(id)}`

export const get: Verb = {
  usage: '<id> [--include input,timeline,…]',
  summary: 'print a job',
  flags: {
    include: { type: 'string', value: 'PARTS', help: 'input, attempts, steps, timeline (separated by commas)' },
    ...shared,
  },
  async run(setting) {
    const { args, terminal } = setting
    const id = args.need(0, '<id>')
    const include = args.text('include')
    const view = await withApi(setting, ({ transport }) =>
      transport.json(pathOf(id) + (include ? `?include=${encodeURIComponent(include)}` : '')),
    )
    printJob(view, terminal, args.on('json') || include !== undefined)
    return exitCodes.ok
  },
}

export const watch: Verb = {
  usage: '<id…> [--timeout TIME]',
  summary: 'watch jobs to their ends: bars on a terminal, JSON lines in a pipe',
  flags: {
    timeout: { type: 'string', value: 'TIME', help: 'give up waiting after this long; the jobs go on' },
    ...shared,
  },
  async run(setting) {
    const { args, terminal } = setting
    args.need(0, '<id>')
    const timeout = args.text('timeout')
    const timeoutMs = timeout === undefined ? null : toMs(timeout, '--timeout')
    return withApi(setting, ({ client }) =>
      follow(client, args.positionals, terminal, { json: args.on('json'), timeoutMs }),
    )
  },
}

export const list: Verb = {
  usage: '[--status a,b] [--user ID] [--limit N]',
  summary: 'list jobs, newest first',
  flags: {
    status: { type: 'string', value: 'WORDS', help: 'such as failed or pending,scheduled' },
    user: { type: 'string', value: 'ID', help: 'jobs of this owner' },
    type: { type: 'string', value: 'TYPE', help: 'jobs of this type' },
    queue: { type: 'string', value: 'NAME', help: 'jobs of this queue' },
    subject: { type: 'string', value: 'TEXT', help: 'jobs about this' },
    limit: { type: 'string', value: 'N', help: 'at most so many (default 50, most 200)' },
    cursor: { type: 'string', value: 'CURSOR', help: 'go on after the page before' },
    ...shared,
  },
  async run(setting) {
    const { args, terminal } = setting
    const query = new URLSearchParams({ limit: String(args.number('limit') ?? 50) })
    for (const [flag, name] of [
      ['status', 'status'],
      ['user', 'user_id'],
      ['type', 'type'],
      ['queue', 'queue'],
      ['subject', 'subject'],
      ['cursor', 'cursor'],
    ] as const) {
      const value = args.text(flag)
      if (value !== undefined) query.set(name, value)
    }
    const page = await withApi(setting, ({ transport }) => transport.json(`/jobs?${query.toString()}`))
    printPage(page, terminal, args.on('json'))
    return exitCodes.ok
  },
}

function printPage(page: unknown, terminal: Terminal, json: boolean): void {
  if (json || !terminal.tty || !isObject(page) || !Array.isArray(page['items']))
    return terminal.out(`${JSON.stringify(page)}\n`)
  const cell = (view: Record<string, unknown>, name: string) => (typeof view[name] === 'string' ? view[name] : '')
  const rows = page['items']
    .filter(isObject)
    .map((view) => [
      cell(view, 'job_id'),
      cell(view, 'status'),
      typeof view['progress'] === 'number' ? `${Math.floor(view['progress'] * 100)} %` : '',
      cell(view, 'type'),
      cell(view, 'user_id'),
      cell(view, 'created_at'),
    ])
  printTable(['JOB', 'STATUS', '', 'TYPE', 'OWNER', 'CREATED'], rows, terminal)
  if (typeof page['next_cursor'] === 'string') terminal.say(`more: --cursor ${page['next_cursor']}`)
}

export const result: Verb = {
  usage: '<id>',
  summary: 'print the result of a completed job',
  flags: shared,
  async run(setting) {
    const id = setting.args.need(0, '<id>')
    const value = await withApi(setting, ({ transport }) => transport.json(`${pathOf(id)}/result`))
    setting.terminal.out(`${JSON.stringify(value)}\n`)
    return exitCodes.ok
  },
}

export const logs: Verb = {
  usage: '<id> [-f]',
  summary: 'print the log lines of a job',
  flags: { follow: { type: 'boolean', short: 'f', help: 'go on until the job has ended' }, ...shared },
  async run(setting) {
    const { args } = setting
    const id = args.need(0, '<id>')
    return withApi(setting, async ({ client, transport }) => {
      let after = await printLogs(
        setting.terminal,
        args.on('json'),
        await transport.json(`${pathOf(id)}/logs?after=0`),
        0,
      )
      if (!args.on('follow')) return exitCodes.ok
      for await (const _ of client.watch(id)) {
        after = await printLogs(
          setting.terminal,
          args.on('json'),
          await transport.json(`${pathOf(id)}/logs?after=${after}`),
          after,
        )
      }
      return exitCodes.ok
    })
  },
}

async function printLogs(terminal: Terminal, json: boolean, page: unknown, after: number): Promise<number> {
  const lines = isObject(page) && Array.isArray(page['items']) ? page['items'].filter(isObject) : []
  let last = after
  for (const line of lines) {
    last = Math.max(last, Number(line['seq']))
    const words = [line['at'], line['level'], line['message'], line['fields']].filter((part) => part !== null)
    const text = words.map((part) => (typeof part === 'string' ? part : JSON.stringify(part))).join(' ')
    terminal.out(`${json || !terminal.tty ? JSON.stringify(line) : text}\n`)
  }
  return last
}

export const cancel: Verb = {
  usage: '<id> [--reason TEXT] [--force]',
  summary: 'cancel a job; a running one is asked to stop',
  flags: {
    reason: { type: 'string', value: 'TEXT', help: 'shown with the job' },
    force: { type: 'boolean', help: 'do not wait for the handler: revoke its lease at once' },
    ...shared,
  },
  async run(setting) {
    const { args, terminal } = setting
    const id = args.need(0, '<id>')
    const reason = args.text('reason')
    const body = { ...(reason === undefined ? {} : { reason }), mode: args.on('force') ? 'force' : 'cooperative' }
    const view = await withApi(setting, ({ transport }) =>
      transport.json(`${pathOf(id)}/cancel`, { method: 'POST', body }),
    )
    printJob(view, terminal, args.on('json'))
    return exitCodes.ok
  },
}

export const retry: Verb = {
  usage: '<id> [--input JSON]',
  summary: 'run an ended job again',
  flags: { input: { type: 'string', value: 'JSON', help: 'a new input' }, ...shared },
  async run(setting) {
    const { args, terminal } = setting
    const id = args.need(0, '<id>')
    const body = bodyOf(args.text('input'))
    const view = await withApi(setting, ({ transport }) =>
      transport.json(`${pathOf(id)}/retry`, { method: 'POST', body }),
    )
    printJob(view, terminal, args.on('json'))
    return exitCodes.ok
  },
}

function bodyOf(input: string | undefined): { input?: unknown } {
  if (input === undefined) return {}
  try {
    return { input: JSON.parse(input) }
  } catch (error) {
    throw new UsageError(`--input: not JSON: ${error instanceof Error ? error.message : String(error)}`)
  }
}

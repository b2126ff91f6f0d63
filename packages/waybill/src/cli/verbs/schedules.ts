// `waybill schedules …`: jobs that are submitted by the clock.
import { spokenDuration } from '../../lib/duration.ts'
import { isObject } from '../../lib/json.ts'
import { didYouMean } from '../../lib/suggest.ts'
import { commonFlags, remoteFlags, type Args } from '../args.ts'
import { exitCodes, UsageError, type ExitCode } from '../exit.ts'
import { readInput } from '../input.ts'
import { withApi } from '../open.ts'
import { printJob, printTable } from '../print.ts'
import type { Terminal } from '../terminal.ts'
import type { Setting, Verb } from '../verb.ts'

export const schedules: Verb = {
  usage: '[list] | put <key> --cron "…" --type TYPE | get|pause|resume|trigger|rm <key>',
  words: 2,
  summary: 'schedules: list, make, pause, resume, trigger, remove',
  more: 'With put: --cron or --every, --type, and what else the schedule shall be; what is left out is the default again, save a pause.',
  flags: {
    cron: { type: 'string', value: 'CRON', help: 'put: 5 fields, or 6 with seconds first, such as "0 3 * * *"' },
    every: { type: 'string', value: 'TIME', help: 'put: an interval instead, such as 15m' },
    timezone: { type: 'string', value: 'ZONE', help: 'put: an IANA name for --cron (default UTC)' },
    type: { type: 'string', value: 'TYPE', help: 'put: the type of its jobs' },
    input: { type: 'string', short: 'i', value: 'JSON', help: 'put: their input: JSON, @FILE, or - (default: null)' },
    user: { type: 'string', value: 'ID', help: 'put: their owner' },
    queue: { type: 'string', value: 'NAME', help: 'put: another queue than the type says' },
    overlap: { type: 'string', value: 'HOW', help: 'put: while a job has not ended: skip (default), queue, replace' },
    'catch-up': { type: 'string', value: 'HOW', help: 'put: runs that were missed: none, one (default), all' },
    yes: { type: 'boolean', help: 'rm: do not ask' },
    ...remoteFlags,
    ...commonFlags,
  },
  async run(setting) {
    const name = setting.args.positionals[0] ?? 'list'
    const action = actions[name]
    if (!action || !Object.hasOwn(actions, name))
      throw new UsageError(`schedules: unknown action "${name}".${didYouMean(name, Object.keys(actions))}`)
    return action(setting)
  },
}

const actions: Record<string, (setting: Setting) => Promise<ExitCode>> = {
  list,
  get: (setting) => ask(setting, 'GET', ''),
  put,
  pause: (setting) => ask(setting, 'POST', '/pause'),
  resume: (setting) => ask(setting, 'POST', '/resume'),
  trigger,
  rm,
}

async function list(setting: Setting): Promise<ExitCode> {
  const { args, terminal } = setting
  const page = await withApi(setting, ({ transport }) => transport.json('/schedules'))
  if (args.on('json') || !terminal.tty || !isObject(page) || !Array.isArray(page['items']))
    terminal.out(`${JSON.stringify(page)}\n`)
  else printTable(['KEY', 'TYPE', 'WHEN', 'NEXT RUN', 'LAST RUN'], page['items'].filter(isObject).map(rowOf), terminal)
  return exitCodes.ok
}

async function ask(setting: Setting, method: string, after: string, body?: object): Promise<ExitCode> {
  const { args, terminal } = setting
  const path = `${pathOf(args)}${after}`
  const repeatable = true // said twice it is the same
  const view = await withApi(setting, ({ transport }) => transport.json(path, { method, body, repeatable }))
  printSchedule(view, terminal, args.on('json'))
  return exitCodes.ok
}

async function put(setting: Setting): Promise<ExitCode> {
  const { args } = setting
  const type = args.text('type')
  if (type === undefined) throw new UsageError('schedules put: --type is missing, the type of its jobs')
  const given = args.text('input')
  const job = given === undefined ? { type } : { type, input: await readInput(given) }
  const body = {
    job: { ...job, ...said({ user_id: args.text('user'), queue: args.text('queue') }) },
    ...said({
      cron: args.text('cron'),
      every_ms: args.ms('every'),
      timezone: args.text('timezone'),
      overlap: args.text('overlap'),
      catch_up: args.text('catch-up'),
    }),
  }
  return ask(setting, 'PUT', '', body)
}

async function trigger(setting: Setting): Promise<ExitCode> {
  const { args, terminal } = setting
  const path = `${pathOf(args)}/trigger`
  printJob(
    await withApi(setting, ({ transport }) => transport.json(path, { method: 'POST' })),
    terminal,
    args.on('json'),
  )
  return exitCodes.ok
}

async function rm(setting: Setting): Promise<ExitCode> {
  const { args, terminal } = setting
  const path = pathOf(args)
  if (!args.on('yes') && !(await terminal.confirm(`Remove 1 schedule, ${args.need(1, '<key>')}?`)))
    throw new UsageError('schedules rm: not confirmed; add --yes to do it without asking')
  await withApi(setting, ({ transport }) => transport.once(path, { method: 'DELETE' }, async () => null))
  terminal.say(`Schedule ${args.need(1, '<key>')} is removed; its jobs stay.`)
  return exitCodes.ok
}

function pathOf(args: Args): string {
  return `/schedules/${encodeURIComponent(args.need(1, '<key> of the schedule'))}`
}

function said(members: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined))
}

function printSchedule(view: unknown, terminal: Terminal, json: boolean): void {
  if (json || !terminal.tty || !isObject(view)) return terminal.out(`${JSON.stringify(view)}\n`)
  const [key = '', type = '', when = '', , last = ''] = rowOf(view)
  const runs = Array.isArray(view['next_runs']) ? view['next_runs'].join('\n') : ''
  terminal.out(`${key}: ${type}, ${when}\nlast run: ${last || 'none yet'}\nnext runs:\n${runs || '(paused)'}\n`)
}

function rowOf(view: Record<string, unknown>): string[] {
  const job = isObject(view['job']) ? view['job'] : {}
  const last = isObject(view['last_run'])
    ? `${text(view['last_run']['slot_at'])} ${text(view['last_run']['outcome'])}`
    : ''
  const [next] = Array.isArray(view['next_runs']) ? view['next_runs'] : []
  return [text(view['key']), text(job['type']), whenOf(view), view['paused'] === true ? 'paused' : text(next), last]
}

function whenOf(view: Record<string, unknown>): string {
  const every = view['every_ms']
  return typeof every === 'number'
    ? `every ${spokenDuration(every)}`
    : `${text(view['cron'])} (${text(view['timezone'])})`
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

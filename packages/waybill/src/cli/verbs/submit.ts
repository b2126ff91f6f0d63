// `waybill submit <type>`: stores a job and prints it, or watches it to its end.
import { fromWire, type Job } from '../../client/views.ts'
import { newId } from '../../lib/ids.ts'
import { isObject } from '../../lib/json.ts'
import { commonFlags, remoteFlags, type Args } from '../args.ts'
import { exitCodes, UsageError, type ExitCode } from '../exit.ts'
import { follow } from '../follow.ts'
import { readInput } from '../input.ts'
import { withApi } from '../open.ts'
import { printJob } from '../print.ts'
import type { Setting, Verb } from '../verb.ts'

export const submit: Verb = {
  usage: '<type> [--input JSON|@FILE|-] [--watch] | --batch JSON|@FILE|-',
  words: 1,
  summary: 'submit a job',
  flags: {
    input: {
      type: 'string',
      short: 'i',
      value: 'JSON',
      help: 'the input: JSON, @FILE, or - for standard input (default: null)',
    },
    watch: { type: 'boolean', short: 'w', help: 'watch it to its end; the exit code tells how it ended' },
    user: { type: 'string', value: 'ID', help: 'the owner' },
    queue: { type: 'string', value: 'NAME', help: 'another queue than the type says' },
    priority: { type: 'string', value: 'N', help: '0–10, or high, default, low' },
    delay: { type: 'string', value: 'TIME', help: 'runnable after this long, such as 30s or 5m' },
    title: { type: 'string', value: 'TEXT', help: 'what people read' },
    subject: { type: 'string', value: 'TEXT', help: 'what the job is about, such as character:42' },
    unique: {
      type: 'string',
      value: 'KEY',
      help: 'no other job of this key while this one has not ended: that one answers',
    },
    reuse: { type: 'string', value: 'AGE', help: 'the result of the same input answers, if it is no older than this' },
    batch: {
      type: 'string',
      value: 'JSON',
      help: 'instead of <type>: a list of jobs as POST /jobs/batch takes them, all or none; JSON, @FILE, or -',
    },
    'idempotency-key': { type: 'string', value: 'KEY', help: 'the same key again answers the same job' },
    timeout: { type: 'string', value: 'TIME', help: 'with --watch: give up waiting after this long' },
    ...remoteFlags,
    ...commonFlags,
  },
  async run(setting) {
    const { args, terminal } = setting
    const batch = args.text('batch')
    if (batch !== undefined) return submitBatch(setting, batch)
    const type = args.need(0, '<type>')
    const given = args.text('input')
    const body = { type, input: given === undefined ? null : await readInput(given), ...membersOf(args) }
    const options = { json: args.on('json'), timeoutMs: args.ms('timeout') ?? null }
    return withApi(setting, async ({ client, transport }) => {
      const headers = { 'idempotency-key': args.text('idempotency-key') ?? newId() }
      const view = await transport.json('/jobs', { method: 'POST', body, headers, repeatable: true })
      if (args.on('watch')) {
        const { id } = fromWire<Job>(view)
        terminal.say(`Job ${id}`)
        return follow(client, [id], terminal, options)
      }
      printJob(view, terminal, args.on('json'))
      return exitCodes.ok
    })
  },
}

async function submitBatch(setting: Setting, given: string): Promise<ExitCode> {
  const { args, terminal } = setting
  const extra = [...jobFlags, 'watch', 'input'].find((name) => args.text(name) !== undefined || args.on(name))
  if (extra !== undefined || args.positionals.length > 0)
    throw new UsageError(
      `submit --batch: each job says itself what it is; leave ${extra ? `--${extra}` : '<type>'} out`,
    )
  const jobs = await readInput(given, '--batch')
  return withApi(setting, async ({ transport }) => {
    const headers = { 'idempotency-key': args.text('idempotency-key') ?? newId() }
    const view = await transport.json('/jobs/batch', { method: 'POST', body: { jobs }, headers, repeatable: true })
    if (!isObject(view) || typeof view['batch_id'] !== 'string') throw new Error('the server answered without a batch')
    terminal.out(`${args.on('json') ? JSON.stringify(view) : view['batch_id']}\n`)
    return exitCodes.ok
  })
}

const jobFlags = ['user', 'queue', 'title', 'subject', 'priority', 'delay', 'unique', 'reuse']

function membersOf(args: Args): Record<string, unknown> {
  const priority = args.text('priority')
  const [unique, reuse] = [args.text('unique'), args.ms('reuse')]
  const members = {
    user_id: args.text('user'),
    queue: args.text('queue'),
    title: args.text('title'),
    subject: args.text('subject'),
    priority: priority !== undefined && /^\d+$/.test(priority) ? Number(priority) : priority,
    delay_ms: args.ms('delay'),
    unique: unique === undefined ? undefined : { key: unique },
    reuse_result: reuse === undefined ? undefined : { max_age_ms: reuse },
  }
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined))
}

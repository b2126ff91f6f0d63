// `waybill submit <type>`: stores a job and prints it, or watches it to its end.
import { fromWire, type Job } from '../../client/views.ts'
import { newId } from '../../lib/ids.ts'
import { commonFlags, remoteFlags, type Args } from '../args.ts'
import { exitCodes } from '../exit.ts'
import { follow } from '../follow.ts'
import { readInput } from '../input.ts'
import { withApi } from '../open.ts'
import { printJob } from '../print.ts'
import type { Verb } from '../verb.ts'

export const submit: Verb = {
  usage: '<type> [--input JSON|@FILE|-] [--watch]',
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
    'idempotency-key': { type: 'string', value: 'KEY', help: 'the same key again answers the same job' },
    timeout: { type: 'string', value: 'TIME', help: 'with --watch: give up waiting after this long' },
    ...remoteFlags,
    ...commonFlags,
  },
  async run(setting) {
    const { args, terminal } = setting
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

function membersOf(args: Args): Record<string, unknown> {
  const priority = args.text('priority')
  const members = {
    user_id: args.text('user'),
    queue: args.text('queue'),
    title: args.text('title'),
    subject: args.text('subject'),
    priority: priority !== undefined && /^\d+$/.test(priority) ? Number(priority) : priority,
    delay_ms: args.ms('delay'),
  }
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined))
}

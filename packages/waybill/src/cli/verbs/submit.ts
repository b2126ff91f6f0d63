// `waybill submit <type>`: stores a job and prints it, or watches it to its end.
import { readFile } from 'node:fs/promises'
import { text as readAll } from 'node:stream/consumers'
import { toMs } from '../../lib/duration.ts'
import type { Job } from '../../client/views.ts'
import { fromWire } from '../../client/views.ts'
import { commonFlags, remoteFlags, type Args } from '../args.ts'
import { exitCodes, UsageError } from '../exit.ts'
import { follow } from '../follow.ts'
import { withApi } from '../open.ts'
import { printJob } from '../print.ts'
import type { Verb } from '../verb.ts'

export const submit: Verb = {
  usage: '<type> [--input JSON|@FILE|-] [--watch]',
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
    const input = await inputOf(args.text('input'))
    return withApi(setting, async ({ client, transport }) => {
      const key = args.text('idempotency-key') ?? crypto.randomUUID()
      const view = await transport.json('/jobs', {
        method: 'POST',
        body: bodyOf(type, input, args),
        headers: { 'idempotency-key': key },
        repeatable: true,
      })
      const job = fromWire<Job>(view)
      if (!args.on('watch')) {
        printJob(view, terminal, args.on('json'))
        return exitCodes.ok
      }
      terminal.say(`Job ${job.id}`)
      const timeout = args.text('timeout')
      return follow(client, [job.id], terminal, {
        json: args.on('json'),
        timeoutMs: timeout === undefined ? null : toMs(timeout, '--timeout'),
      })
    })
  },
}

function bodyOf(type: string, input: unknown, args: Args): Record<string, unknown> {
  const priority = args.text('priority')
  const delay = args.text('delay')
  const body: Record<string, unknown> = { type, input }
  for (const [flag, member] of [
    ['user', 'user_id'],
    ['queue', 'queue'],
    ['title', 'title'],
    ['subject', 'subject'],
  ] as const) {
    const value = args.text(flag)
    if (value !== undefined) body[member] = value
  }
  if (priority !== undefined) body['priority'] = /^\d+$/.test(priority) ? Number(priority) : priority
  if (delay !== undefined) body['delay_ms'] = toMs(delay, '--delay')
  return body
}

async function inputOf(given: string | undefined): Promise<unknown> {
  if (given === undefined) return null
  const json =
    given === '-'
      ? await readAll(process.stdin)
      : given.startsWith('@')
        ? await readFile(given.slice(1), 'utf8')
        : given
  try {
    return JSON.parse(json)
  } catch (error) {
    throw new UsageError(`--input: not JSON: ${error instanceof Error ? error.message : String(error)}`)
  }
}

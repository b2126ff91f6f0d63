// What `bulk` and `dlq` share: count first, show the count and ask, then start the job that does it and follow it.
import { fromWire, type Job } from '../client/views.ts'
import { isObject } from '../lib/json.ts'
import { commonFlags, remoteFlags, type Args, type Flags } from './args.ts'
import { exitCodes, UsageError, type ExitCode } from './exit.ts'
import { follow } from './follow.ts'
import { withApi, type Api } from './open.ts'
import type { Setting } from './verb.ts'

/** Flag → member of the filter. */
const members: Record<string, string> = {
  type: 'type',
  user: 'user_id',
  subject: 'subject',
  tag: 'tag',
  after: 'created_after',
  before: 'created_before',
}

export const bulkFlags: Flags = {
  type: { type: 'string', value: 'TYPE', help: 'jobs of this type' },
  user: { type: 'string', value: 'ID', help: 'jobs of this owner' },
  subject: { type: 'string', value: 'TEXT', help: 'jobs about this' },
  tag: { type: 'string', value: 'TAG', help: 'jobs with this tag' },
  after: { type: 'string', value: 'TIME', help: 'submitted after it, such as 2026-11-24T09:00:00Z' },
  before: { type: 'string', value: 'TIME', help: 'submitted before it' },
  max: { type: 'string', value: 'N', help: 'at most so many jobs, the oldest first (default, most: 100000)' },
  'dry-run': { type: 'boolean', help: 'only count' },
  yes: { type: 'boolean', help: 'do not ask' },
  ...remoteFlags,
  ...commonFlags,
}

export function filterIn(args: Args): Record<string, unknown> {
  const filter: Record<string, string> = {}
  for (const [flag, member] of Object.entries(members)) {
    const value = args.text(flag)
    if (value !== undefined) filter[member] = value
  }
  return filter
}

export interface Bulk {
  method: 'POST' | 'DELETE'
  path: string
  body: Record<string, unknown>
  /** Of `n` jobs, such as "Erase 3 failed jobs of queue videos". */
  question: (n: number) => string
  /** The API wants the number of jobs back. */
  confirms?: true
}

export function runBulk(setting: Setting, bulk: Bulk): Promise<ExitCode> {
  const { args, terminal } = setting
  const max = args.number('max')
  const body = max === undefined ? bulk.body : { ...bulk.body, max }
  return withApi(setting, async (api) => {
    const preview = await send(api, bulk, { ...body, dry_run: true })
    const touched = Math.min(preview.matched, preview.max)
    if (args.on('dry-run') || touched === 0) {
      terminal.out(`${JSON.stringify(preview.answer)}\n`)
      return exitCodes.ok
    }
    if (!args.on('yes') && !(await terminal.confirm(`${bulk.question(touched)}?`)))
      throw new UsageError(`${bulk.question(touched)}: not confirmed; add --yes to do it without asking`)
    const done = await send(api, bulk, bulk.confirms ? { ...body, confirm: preview.matched } : body)
    return followed(api, done.answer, setting)
  })
}

interface Told {
  answer: Record<string, unknown>
  matched: number
  max: number
}

async function send({ transport }: Api, { method, path }: Bulk, body: object): Promise<Told> {
  const answer = await transport.json(path, { method, body })
  if (!isObject(answer)) throw new Error(`${path}: the server answered something else than an object`)
  return { answer, matched: Number(answer['matched']), max: Number(answer['max']) }
}

// Followed to its end: without a server, this very process may be the one that does the work.
function followed({ client }: Api, answer: Record<string, unknown>, { args, terminal }: Setting): Promise<ExitCode> {
  if (!isObject(answer['job'])) return Promise.resolve(exitCodes.ok)
  const { id } = fromWire<Job>(answer['job'])
  terminal.say(`Job ${id}`)
  return follow(client, [id], terminal, { json: args.on('json'), timeoutMs: null })
}

// `waybill get <id>`
import { commonFlags, remoteFlags } from '../args.ts'
import { exitCodes } from '../exit.ts'
import { withApi } from '../open.ts'
import { pathOf, printJob } from '../print.ts'
import type { Verb } from '../verb.ts'

export const get: Verb = {
  usage: '<id> [--include input,timeline,…]',
  words: 1,
  summary: 'print a job',
  flags: {
    include: { type: 'string', value: 'PARTS', help: 'input, attempts, steps, timeline (separated by commas)' },
    ...remoteFlags,
    ...commonFlags,
  },
  async run(setting) {
    const { args, terminal } = setting
    const path = pathOf(args.need(0, '<id>'))
    const include = args.text('include')
    const query = include === undefined ? '' : `?include=${encodeURIComponent(include)}`
    const view = await withApi(setting, ({ transport }) => transport.json(path + query))
    printJob(view, terminal, args.on('json') || include !== undefined)
    return exitCodes.ok
  },
}

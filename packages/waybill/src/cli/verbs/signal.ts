// `waybill signal <id> <name>`
import { commonFlags, remoteFlags } from '../args.ts'
import { exitCodes } from '../exit.ts'
import { readInput } from '../input.ts'
import { withApi } from '../open.ts'
import { pathOf, printJob } from '../print.ts'
import type { Verb } from '../verb.ts'

export const signal: Verb = {
  usage: '<id> <name> [--input JSON|@FILE|-]',
  words: 2,
  summary: 'answer a job that waits for a signal',
  flags: {
    input: { type: 'string', short: 'i', value: 'JSON', help: 'the payload: JSON, @FILE, or - for standard input' },
    ...remoteFlags,
    ...commonFlags,
  },
  async run(setting) {
    const { args, terminal } = setting
    const path = `${pathOf(args.need(0, '<id>'))}/signals/${encodeURIComponent(args.need(1, '<name>'))}`
    const given = args.text('input')
    const body = given === undefined ? {} : { payload: await readInput(given) }
    const view = await withApi(setting, ({ transport }) => transport.json(path, { method: 'POST', body }))
    printJob(view, terminal, args.on('json'))
    return exitCodes.ok
  },
}

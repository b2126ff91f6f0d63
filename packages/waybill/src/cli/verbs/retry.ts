// `waybill retry <id>`
import { commonFlags, remoteFlags } from '../args.ts'
import { exitCodes } from '../exit.ts'
import { readInput } from '../input.ts'
import { withApi } from '../open.ts'
import { pathOf, printJob } from '../print.ts'
import type { Verb } from '../verb.ts'

export const retry: Verb = {
  usage: '<id> [--from-step KEY] [--input JSON|@FILE|-]',
  words: 1,
  summary: 'run an ended job again',
  flags: {
    'from-step': { type: 'string', value: 'KEY', help: 'do this step and all that began after it again' },
    input: { type: 'string', short: 'i', value: 'JSON', help: 'a new input: JSON, @FILE, or - for standard input' },
    ...remoteFlags,
    ...commonFlags,
  },
  async run(setting) {
    const { args, terminal } = setting
    const path = `${pathOf(args.need(0, '<id>'))}/retry`
    const [given, fromStep] = [args.text('input'), args.text('from-step')]
    const body = {
      ...(given === undefined ? {} : { input: await readInput(given) }),
      ...(fromStep === undefined ? {} : { from_step: fromStep }),
    }
    const view = await withApi(setting, ({ transport }) => transport.json(path, { method: 'POST', body }))
    printJob(view, terminal, args.on('json'))
    return exitCodes.ok
  },
}

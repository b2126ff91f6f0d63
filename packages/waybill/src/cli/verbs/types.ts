// `waybill types`
import { commonFlags, remoteFlags } from '../args.ts'
import { exitCodes } from '../exit.ts'
import { withApi } from '../open.ts'
import { printItems, textIn } from '../print.ts'
import type { Verb } from '../verb.ts'

export const types: Verb = {
  usage: '',
  words: 0,
  summary: 'types of job that may be submitted; with --json their JSON Schemas',
  flags: { ...remoteFlags, ...commonFlags },
  async run(setting) {
    const page = await withApi(setting, ({ transport }) => transport.json('/types'))
    const row = (type: Record<string, unknown>) => [
      textIn(type, 'type'),
      textIn(type, 'queue'),
      String(type['priority']),
      type['input_schema'] === null ? 'not told' : 'told',
    ]
    printItems(page, ['TYPE', 'QUEUE', 'PRIORITY', 'SCHEMA'], row, setting)
    return exitCodes.ok
  },
}

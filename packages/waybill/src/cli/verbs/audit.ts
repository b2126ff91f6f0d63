// `waybill audit`
import { commonFlags, remoteFlags } from '../args.ts'
import { exitCodes } from '../exit.ts'
import { withApi } from '../open.ts'
import { printItems, textIn } from '../print.ts'
import type { Verb } from '../verb.ts'

export const audit: Verb = {
  usage: '[--limit N]',
  words: 0,
  summary: 'who did what: the last things that operators did, newest first',
  flags: {
    limit: { type: 'string', value: 'N', help: 'at most so many (default 50, most 200)' },
    before: { type: 'string', value: 'N', help: 'go on before this entry' },
    ...remoteFlags,
    ...commonFlags,
  },
  async run(setting) {
    const { args } = setting
    const before = args.number('before')
    const query = `limit=${args.number('limit') ?? 50}${before === undefined ? '' : `&before=${before}`}`
    const page = await withApi(setting, ({ transport }) => transport.json(`/audit?${query}`))
    printItems(page, ['NO', 'AT', 'WHO', 'DID', 'TO', 'DETAIL'], rowOf, setting)
    return exitCodes.ok
  },
}

function rowOf(entry: Record<string, unknown>): string[] {
  const detail = JSON.stringify(entry['detail'])
  return [
    String(entry['seq']),
    textIn(entry, 'at'),
    textIn(entry, 'who'),
    textIn(entry, 'action'),
    textIn(entry, 'target'),
    detail === '{}' ? '' : detail,
  ]
}

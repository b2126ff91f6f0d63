// `waybill scaling <queue>`
import { commonFlags, remoteFlags } from '../args.ts'
import { exitCodes } from '../exit.ts'
import { withApi } from '../open.ts'
import type { Verb } from '../verb.ts'

export const scaling: Verb = {
  usage: '<queue>',
  words: 1,
  summary: 'how many workers a queue could use, as JSON for scripts',
  flags: { ...remoteFlags, ...commonFlags },
  async run(setting) {
    const path = `/scaling/${encodeURIComponent(setting.args.need(0, '<queue>'))}`
    const found = await withApi(setting, ({ transport }) => transport.json(path))
    setting.terminal.out(`${JSON.stringify(found)}\n`)
    return exitCodes.ok
  },
}

// `waybill cancel <id>`
import { commonFlags, remoteFlags } from '../args.ts'
import { exitCodes } from '../exit.ts'
import { withApi } from '../open.ts'
import { pathOf, printJob } from '../print.ts'
import type { Verb } from '../verb.ts'

export const cancel: Verb = {
  usage: '<id> [--reason TEXT] [--force]',
  words: 1,
  summary: 'cancel a job; a running one is asked to stop',
  flags: {
    reason: { type: 'string', value: 'TEXT', help: 'shown with the job' },
    force: { type: 'boolean', help: 'do not wait for the handler: revoke its lease at once' },
    ...remoteFlags,
    ...commonFlags,
  },
  async run(setting) {
    const { args, terminal } = setting
    const path = `${pathOf(args.need(0, '<id>'))}/cancel`
    const reason = args.text('reason')
    const body = { ...(reason === undefined ? {} : { reason }), mode: args.on('force') ? 'force' : 'cooperative' }
    const view = await withApi(setting, ({ transport }) => transport.json(path, { method: 'POST', body }))
    printJob(view, terminal, args.on('json'))
    return exitCodes.ok
  },
}

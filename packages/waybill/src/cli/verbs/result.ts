// `waybill result <id>`
import { WaybillClientError } from '../../client/errors.ts'
import { fromWire, type Job } from '../../client/views.ts'
import { commonFlags, remoteFlags } from '../args.ts'
import { exitCodeOfJob, exitCodes } from '../exit.ts'
import { withApi } from '../open.ts'
import { pathOf } from '../print.ts'
import type { Verb } from '../verb.ts'

export const result: Verb = {
  usage: '<id>',
  words: 1,
  summary: 'print the result of a completed job; 3 or 4 when it failed or was cancelled',
  flags: { ...remoteFlags, ...commonFlags },
  async run(setting) {
    const { args, terminal } = setting
    const path = pathOf(args.need(0, '<id>'))
    return withApi(setting, async ({ transport }) => {
      try {
        terminal.out(`${JSON.stringify(await transport.json(`${path}/result`))}\n`)
        return exitCodes.ok
      } catch (error) {
        if (!(error instanceof WaybillClientError && error.code === 'no_result')) throw error
        const job = fromWire<Job>(await transport.json(path))
        terminal.say(`waybill result: ${job.error?.message ?? error.message}`)
        return exitCodeOfJob(job.status)
      }
    })
  },
}

// `waybill watch <id…>`
import { commonFlags, remoteFlags } from '../args.ts'
import { follow } from '../follow.ts'
import { withApi } from '../open.ts'
import type { Verb } from '../verb.ts'

export const watch: Verb = {
  usage: '<id…> [--timeout TIME]',
  words: Number.POSITIVE_INFINITY,
  summary: 'watch jobs to their ends: bars on a terminal, JSON lines in a pipe',
  flags: {
    timeout: { type: 'string', value: 'TIME', help: 'give up waiting after this long; the jobs go on' },
    ...remoteFlags,
    ...commonFlags,
  },
  async run(setting) {
    const { args, terminal } = setting
    args.need(0, '<id>')
    const options = { json: args.on('json'), timeoutMs: args.ms('timeout') ?? null }
    return withApi(setting, ({ client }) => follow(client, [...new Set(args.positionals)], terminal, options))
  },
}

// `waybill token mint`: by a server (`--url`, with a key that has tokens:mint), or with the secret that the store keeps.
import { isObject } from '../../lib/json.ts'
import { commonFlags, remoteFlags } from '../args.ts'
import { exitCodes, UsageError } from '../exit.ts'
import { withApi } from '../open.ts'
import type { Verb } from '../verb.ts'

export const token: Verb = {
  usage: 'mint --user ID [--job ID] [--signal] [--ttl 1h]',
  words: 1,
  summary: "view tokens: let a browser watch one owner's jobs",
  flags: {
    user: { type: 'string', value: 'ID', help: 'whose jobs it shows' },
    job: { type: 'string', value: 'IDS', help: 'only these jobs, separated by commas' },
    signal: { type: 'boolean', help: 'it may also send signals to them' },
    ttl: { type: 'string', value: 'TIME', help: 'at most and by default 1h' },
    ...remoteFlags,
    ...commonFlags,
  },
  async run(setting) {
    const { args, terminal } = setting
    if (args.need(0, 'mint') !== 'mint') throw new UsageError('token: the only action is `mint`')
    const userId = args.text('user')
    if (userId === undefined) throw new UsageError('token mint: --user is missing')
    const ttlMs = args.ms('ttl') ?? 3_600_000
    if (ttlMs < 1_000 || ttlMs > 3_600_000) throw new UsageError('token mint: --ttl is at least 1s and at most 1h')
    const jobs = args.text('job')?.split(',')
    const scope = args.on('signal') ? 'jobs:signal' : 'jobs:read'
    const body = { user_id: userId, scope, ttl_ms: ttlMs, ...(jobs ? { jobs } : {}) }
    const view = await withApi(setting, ({ transport }) => transport.json('/tokens', { method: 'POST', body }))
    if (!isObject(view) || typeof view['token'] !== 'string') throw new Error('the server answered without a token')
    terminal.out(`${args.on('json') ? JSON.stringify(view) : view['token']}\n`)
    return exitCodes.ok
  },
}

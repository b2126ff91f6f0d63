// `waybill keys create|list|revoke` and `waybill token mint`.
import { Auth } from '../../http/auth/auth.ts'
import { createKey, listKeys, revokeKey } from '../../http/auth/keys.ts'
import { parseScopes } from '../../http/auth/scopes.ts'
import { didYouMean } from '../../lib/suggest.ts'
import { toMs } from '../../lib/duration.ts'
import { toWireTime } from '../../wire/time.ts'
import { commonFlags } from '../args.ts'
import { exitCodes, UsageError, type ExitCode } from '../exit.ts'
import { withWaybill } from '../open.ts'
import { printTable } from '../print.ts'
import type { Setting, Verb } from '../verb.ts'

export const keys: Verb = {
  usage: 'create --scope "…" [--user ID] [--name TEXT] | list | revoke <id>',
  summary: 'API keys: make, list, revoke',
  flags: {
    scope: { type: 'string', value: 'SCOPES', help: 'such as "jobs:submit jobs:read"' },
    user: { type: 'string', value: 'ID', help: 'whose jobs the key may touch' },
    name: { type: 'string', value: 'TEXT', help: 'what the key is for' },
    tier: { type: 'string', value: 'TIER', help: 'limits that apply' },
    yes: { type: 'boolean', help: 'do not ask' },
    ...commonFlags,
  },
  async run(setting) {
    const actions: Record<string, (setting: Setting) => Promise<ExitCode>> = { create, list, revoke }
    const name = setting.args.need(0, 'create, list or revoke')
    const action = actions[name]
    if (!action) throw new UsageError(`keys: unknown action "${name}".${didYouMean(name, Object.keys(actions))}`)
    return action(setting)
  },
}

async function create(setting: Setting): Promise<ExitCode> {
  const { args, terminal } = setting
  const scopes = scopesOf(args.text('scope'))
  const made = await withWaybill(setting, async (waybill) => {
    const { engine } = await waybill.parts()
    return createKey(engine, {
      name: args.text('name') ?? args.text('user') ?? 'key',
      userId: args.text('user') ?? null,
      scopes,
      tier: args.text('tier') ?? null,
    })
  })
  terminal.out(args.on('json') ? `${JSON.stringify({ key: made.key, id: made.row.id })}\n` : `${made.key}\n`)
  terminal.say(`Key ${made.row.id}. It is shown this once: keep it now.`)
  return exitCodes.ok
}

function scopesOf(text: string | undefined): string[] {
  if (text === undefined)
    throw new UsageError('keys create: --scope is missing, such as --scope "jobs:submit jobs:read"')
  try {
    return parseScopes(text)
  } catch (error) {
    throw new UsageError(`keys create: ${error instanceof Error ? error.message : String(error)}`)
  }
}

async function list(setting: Setting): Promise<ExitCode> {
  const rows = await withWaybill(setting, async (waybill) => listKeys((await waybill.parts()).engine))
  if (setting.args.on('json') || !setting.terminal.tty) {
    for (const row of rows) {
      const { id, name, userId, scopes, tier, tail } = row
      setting.terminal.out(
        `${JSON.stringify({ id, name, user_id: userId, scopes, tier, tail, created_at: toWireTime(row.createdAt) })}\n`,
      )
    }
  } else {
    printTable(
      ['ID', 'NAME', 'OWNER', 'ENDS IN', 'CREATED', 'SCOPES'],
      rows.map((r) => [r.id, r.name, r.userId ?? '', `…${r.tail}`, toWireTime(r.createdAt), r.scopes.join(' ')]),
      setting.terminal,
    )
  }
  return exitCodes.ok
}

async function revoke(setting: Setting): Promise<ExitCode> {
  const { args, terminal } = setting
  const id = args.need(1, '<id> of the key')
  if (!args.on('yes') && !(await terminal.confirm(`Revoke 1 key, ${id}?`)))
    throw new UsageError('keys revoke: not confirmed; add --yes to do it without asking')
  const done = await withWaybill(setting, async (waybill) => revokeKey((await waybill.parts()).engine, id))
  terminal.say(done ? `Key ${id} is revoked; servers forget it within 5 s.` : `There is no key ${id}.`)
  return done ? exitCodes.ok : exitCodes.notFound
}

export const token: Verb = {
  usage: 'mint --user ID [--job ID] [--ttl 1h]',
  summary: "view tokens: let a browser watch one owner's jobs",
  flags: {
    user: { type: 'string', value: 'ID', help: 'whose jobs it shows' },
    job: { type: 'string', value: 'IDS', help: 'only these jobs, separated by commas' },
    ttl: { type: 'string', value: 'TIME', help: 'at most and by default 1h' },
    ...commonFlags,
  },
  async run(setting) {
    const { args, terminal } = setting
    if (args.need(0, 'mint') !== 'mint') throw new UsageError('token: the only action is `mint`')
    const userId = args.text('user')
    if (userId === undefined) throw new UsageError('token mint: --user is missing')
    const ttlMs = toMs(args.text('ttl') ?? '1h', '--ttl')
    if (ttlMs < 1 || ttlMs > 3_600_000) throw new UsageError('token mint: --ttl is at most 1h')
    const jobs = args.text('job')?.split(',')
    const minted = await withWaybill(setting, async (waybill) => {
      const { engine, settings } = await waybill.parts()
      return new Auth(engine, settings).mint({ userId, ttlMs, ...(jobs ? { jobs } : {}) })
    })
    const view = { token: minted.token, expires_at: toWireTime(minted.expiresAt) }
    terminal.out(args.on('json') ? `${JSON.stringify(view)}\n` : `${view.token}\n`)
    return exitCodes.ok
  },
}

// `waybill keys create|list|revoke`: always in the store itself, which is what makes it an operator's verb.
import type { Parts } from '../../parts.ts'
import { withoutSecrets } from '../../engines/registry.ts'
import { createKey, listKeys, revokeKey } from '../../http/auth/keys.ts'
import type { Tiers } from '../../job/tier.ts'
import type { JsonObject } from '../../lib/json.ts'
import { didYouMean } from '../../lib/suggest.ts'
import { toWireTime } from '../../wire/time.ts'
import { commonFlags } from '../args.ts'
import { exitCodes, UsageError, type ExitCode } from '../exit.ts'
import { withWaybill } from '../open.ts'
import { printTable } from '../print.ts'
import type { Setting, Verb } from '../verb.ts'

export const keys: Verb = {
  usage: 'create --scope "…" [--user ID] [--tier TIER] [--name TEXT] | list | revoke <id>',
  words: 2,
  summary: 'API keys: make, list, revoke',
  flags: {
    scope: { type: 'string', value: 'SCOPES', help: 'such as "jobs:submit jobs:read"' },
    user: { type: 'string', value: 'ID', help: 'whose jobs the key may touch' },
    name: { type: 'string', value: 'TEXT', help: 'what the key is for' },
    tier: { type: 'string', value: 'TIER', help: 'whose limits hold for it: one of the tiers of createWaybill' },
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
  const scope = args.text('scope')
  if (scope === undefined)
    throw new UsageError('keys create: --scope is missing, such as --scope "jobs:submit jobs:read"')
  const userId = args.text('user') ?? null
  const wish = { name: args.text('name') ?? userId ?? 'key', userId, scopes: [scope], tier: args.text('tier') ?? null }
  const { made, store } = await withWaybill(setting, async (waybill) => {
    checkTier(wish.tier, waybill.settings.tiers)
    const { engine, settings, operate } = await waybill.parts()
    await record(operate, 'key.create', null, { name: wish.name, scope, user_id: userId })
    return { made: await createKey(engine, wish).catch(asUsage), store: withoutSecrets(settings.engineUrl) }
  })
  terminal.out(args.on('json') ? `${JSON.stringify({ key: made.key, id: made.row.id })}\n` : `${made.key}\n`)
  terminal.say(`Key ${made.row.id} in ${store}. It is shown this once: keep it now.`)
  return exitCodes.ok
}

// A config file that defines no tiers may be another one than the server's.
function checkTier(tier: string | null, tiers: Tiers): void {
  if (tier === null || tiers.size === 0 || tiers.has(tier)) return
  const known = [...tiers.keys()]
  const hint = `${didYouMean(tier, known)} The tiers are ${known.join(', ')}`
  throw new UsageError(`keys create: no tier is named "${tier}".${hint}`)
}

// A TypeError there tells of a scope that was written wrongly.
function asUsage(error: unknown): never {
  throw error instanceof TypeError ? new UsageError(`keys create: ${error.message}`) : error
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
      ['ID', 'NAME', 'OWNER', 'TIER', 'ENDS IN', 'CREATED', 'SCOPES'],
      rows.map((r) => [
        r.id,
        r.name,
        r.userId ?? '',
        r.tier ?? '',
        `…${r.tail}`,
        toWireTime(r.createdAt),
        r.scopes.join(' '),
      ]),
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
  const done = await withWaybill(setting, async (waybill) => {
    const { engine, operate } = await waybill.parts()
    await record(operate, 'key.revoke', id)
    return revokeKey(engine, id)
  })
  terminal.say(done ? `Key ${id} is revoked; servers forget it within 5 s.` : `There is no key ${id}.`)
  return done ? exitCodes.ok : exitCodes.notFound
}

// Not through a route, but not unrecorded either.
function record(
  { audit }: Parts['operate'],
  action: string,
  id: string | null,
  detail: JsonObject = {},
): Promise<void> {
  return audit.record({ name: 'command line', userId: null }, action, id, detail)
}

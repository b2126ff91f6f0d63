// `waybill migrate`, `waybill openapi`.
import { Face } from '../../http/face.ts'
import { openAuth } from '../../http/auth/open.ts'
import { openEngine } from '../../engines/registry.ts'
import { resolveSettings } from '../../config/resolve.ts'
import { commonFlags } from '../args.ts'
import { exitCodes } from '../exit.ts'
import { openWaybill, withWaybill } from '../open.ts'
import type { Verb } from '../verb.ts'

export const migrate: Verb = {
  usage: '[--status]',
  summary: 'bring the store to the layout of this version',
  flags: { status: { type: 'boolean', help: 'only say which layout it has' }, ...commonFlags },
  async run(setting) {
    const { args, terminal, env, cwd } = setting
    const waybill = await openWaybill(setting)
    const engine = await openEngine(
      args.text('engine') ?? waybill.settings.engineUrl ?? resolveSettings({}, env, cwd).engineUrl,
    )
    try {
      const moved = args.on('status') ? null : await engine.migrate()
      const { found, wanted } = await engine.schema()
      const text =
        moved && moved.from !== moved.to
          ? `Layout ${moved.from} → ${moved.to}.`
          : found === wanted
            ? `Layout ${found} is current.`
            : `Layout ${found}; this version wants ${wanted}: run \`waybill migrate\`.`
      terminal.out(args.on('json') ? `${JSON.stringify({ found, wanted })}\n` : `${text}\n`)
      return found === wanted ? exitCodes.ok : exitCodes.error
    } finally {
      await engine.close()
      await waybill.close()
    }
  },
}

export const openapi: Verb = {
  usage: '',
  summary: 'print the OpenAPI 3.1 document',
  flags: commonFlags,
  async run(setting) {
    const text = await withWaybill(
      setting,
      async (waybill) => {
        const face = new Face(() => waybill.parts(), { auth: () => openAuth })
        return (await face.fetch(new Request('http://localhost/openapi.json'))).text()
      },
      { engine: 'sqlite::memory:' },
    )
    setting.terminal.out(`${text}\n`)
    return exitCodes.ok
  },
}
